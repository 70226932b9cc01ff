package policies

import (
	"slices"
	"testing"
)

// What attaching a partition may do to the running version decides, not that the rule is about partitions.
func TestThePolicySeesWhatAttachingDoes(t *testing.T) {
	const before = "CREATE TABLE event (id int, kind text) PARTITION BY RANGE (id);"
	const spare = "CREATE TABLE event_0 PARTITION OF event DEFAULT;"
	for _, c := range []struct {
		name, before, sql string
		want              Action
	}{
		{"fresh and like its parent", before, "CREATE TABLE p (LIKE event);\nALTER TABLE event ATTACH PARTITION p FOR VALUES FROM (1) TO (9);", Allow},
		{"with a check of its own", before, "CREATE TABLE p (LIKE event, CHECK (kind IS NOT NULL));\nALTER TABLE event ATTACH PARTITION p FOR VALUES FROM (1) TO (9);", Approve},
		{"with a trigger of its own", before, "CREATE TABLE p (LIKE event);\nCREATE TRIGGER no BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION no();\n" +
			"ALTER TABLE event ATTACH PARTITION p FOR VALUES FROM (1) TO (9);", Approve},
		{"beside a default partition", before + spare, "CREATE TABLE p (LIKE event);\nALTER TABLE event ATTACH PARTITION p FOR VALUES FROM (1) TO (9);", Deny},
		{"one that was there", before + "CREATE TABLE p (id int, kind text);", "ALTER TABLE event ATTACH PARTITION p FOR VALUES FROM (1) TO (9);", Deny},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := NewSet()
			if err != nil {
				t.Fatal(err)
			}
			r := Check(Input{Files: []File{{Path: "1_a.sql", Body: []byte(c.before), Applied: true}, {Path: "2_b.sql", Body: []byte(c.sql)}}, Policy: set})
			all := r.Files[0].Statements
			at := slices.IndexFunc(all, func(e Entry) bool { return e.Rule == "attach-partition" })
			if at < 0 || all[at].Decision != c.want {
				t.Fatalf("want %s, got %+v", c.want, all)
			}
		})
	}
}
