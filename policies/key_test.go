package policies_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/lab/labtest"
	"teal.dev/teal/policies"
)

// keyAdvised is what the gate advises for one statement.
func keyAdvised(t *testing.T, before, sql string) string {
	in := policies.Input{Policy: set(t), Files: []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte(before)}, {Path: "m/0002_b.up.sql", Body: []byte(sql)}}}
	return policies.Check(in).Files[0].Statements[0].Instead
}

// TestAdviceOnKeys: a primary key is made of an index as a primary key, after its columns are NOT NULL; a partitioned table's of
// its partitions' keys. What is advised for those runs on a server, with the names of the partitions in the place of the dots.
func TestAdviceOnKeys(t *testing.T) {
	require.Equal(t, "build the index first, beside the traffic\n-- expand, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY t_pkey ON t (a, b);\n"+
		"-- teal:contract\n-- (a file of its own)\nALTER TABLE t ADD CONSTRAINT t_b_nn CHECK (b IS NOT NULL) NOT VALID;\n-- teal:contract\n-- (the next file)\nALTER TABLE t VALIDATE CONSTRAINT t_b_nn;\n"+
		"-- teal:contract\n-- (the next file)\nALTER TABLE t ALTER COLUMN b SET NOT NULL;\nALTER TABLE t DROP CONSTRAINT t_b_nn;\n"+
		"-- a later file:\nALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;", keyAdvised(t, "CREATE TABLE t (a int NOT NULL, b int)", "ALTER TABLE t ADD PRIMARY KEY (a, b)"))
	require.Contains(t, keyAdvised(t, "CREATE TABLE t (a int, b int)", "ALTER TABLE t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) DEFERRABLE"),
		"CREATE UNIQUE INDEX CONCURRENTLY k ON t (a) INCLUDE (b) NULLS NOT DISTINCT;\n-- a later file:\nALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX k DEFERRABLE;")
	require.Equal(t, "make the key of the partitioned table alone, which holds once each partition has its own attached; USING INDEX is refused there\n"+
		"-- a file of its own:\nALTER TABLE ONLY s.p ADD CONSTRAINT p_pkey PRIMARY KEY (a);\n"+
		"-- for each partition, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY p_pkey_p ON … (a);\n"+
		"-- a later file:\nALTER TABLE … ADD CONSTRAINT p_pkey_p PRIMARY KEY USING INDEX p_pkey_p;\nALTER INDEX s.p_pkey ATTACH PARTITION p_pkey_p;",
		keyAdvised(t, "CREATE TABLE s.p (a int NOT NULL) PARTITION BY RANGE (a)", "ALTER TABLE s.p ADD PRIMARY KEY (a)"))

	require.Contains(t, keyAdvised(t, "CREATE TABLE p (a int) PARTITION BY RANGE (a)", "CREATE UNIQUE INDEX k ON p (a)"), "CREATE UNIQUE INDEX k ON ONLY p (a);\n-- for each partition, a file of its own:\nCREATE UNIQUE INDEX CONCURRENTLY k_p ON … (a);")

	const before = "CREATE TABLE p (a int NOT NULL, b int) PARTITION BY RANGE (a); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (9) TO (99); INSERT INTO p VALUES (1, 1), (20, 2);"
	c := connect(t, labtest.Postgres(t), before)
	for _, sql := range []string{"ALTER TABLE ONLY p ADD CONSTRAINT k UNIQUE (a, b)", "CREATE UNIQUE INDEX CONCURRENTLY k1 ON p1 (a, b)", "ALTER TABLE p1 ADD CONSTRAINT k1 UNIQUE USING INDEX k1; ALTER INDEX k ATTACH PARTITION k1",
		"CREATE UNIQUE INDEX CONCURRENTLY k2 ON p2 (a, b)", "ALTER TABLE p2 ADD CONSTRAINT k2 UNIQUE USING INDEX k2; ALTER INDEX k ATTACH PARTITION k2",
		"ALTER TABLE p ADD CONSTRAINT nn CHECK (b IS NOT NULL) NOT VALID", "ALTER TABLE p VALIDATE CONSTRAINT nn", "ALTER TABLE p ALTER b SET NOT NULL; ALTER TABLE p DROP CONSTRAINT nn",
		"ALTER TABLE ONLY p ADD CONSTRAINT y PRIMARY KEY (a, b)", "CREATE UNIQUE INDEX CONCURRENTLY y1 ON p1 (a, b)", "ALTER TABLE p1 ADD CONSTRAINT y1 PRIMARY KEY USING INDEX y1; ALTER INDEX y ATTACH PARTITION y1",
		"CREATE UNIQUE INDEX CONCURRENTLY y2 ON p2 (a, b)", "ALTER TABLE p2 ADD CONSTRAINT y2 PRIMARY KEY USING INDEX y2; ALTER INDEX y ATTACH PARTITION y2"} {
		execute(t, c, sql)
	}
	require.Equal(t, "2", text(t, c, "SELECT count(*)::text FROM pg_index WHERE indrelid = 'p'::regclass AND indisvalid", ""))
}

// TestFixPrimaryKey: --fix writes it where the columns are NOT NULL.
func TestFixPrimaryKey(t *testing.T) {
	const before = "CREATE TABLE t (a int NOT NULL, b int);"
	files := split(t, before, "ALTER TABLE t ADD PRIMARY KEY (a)")
	c := connect(t, labtest.Postgres(t), before)
	runFiles(t, c, files, policies.PhaseExpand)
	require.Equal(t, "t_pkey", text(t, c, "SELECT conname::text FROM pg_constraint WHERE contype = 'p' AND conrelid = 't'::regclass", ""))
	in := policies.Input{Policy: set(t), Files: []policies.File{{Path: "m/0001_a.up.sql", Applied: true, Body: []byte(before)}, {Path: "m/0002_b.up.sql", Body: []byte("ALTER TABLE t ADD PRIMARY KEY (b)")}}}
	_, err := policies.Fix(in, 1)
	require.ErrorContains(t, err, "teal knows no split for add-unique")
}
