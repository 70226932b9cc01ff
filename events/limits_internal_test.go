package events

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The matchers that the parser uses and the patterns that the schema shows accept the same strings.
func TestMatchersSayWhatThePatternsSay(t *testing.T) {
	durationText := func(s string) bool { _, ok := duration(s, ""); return ok }
	shareText := func(s string) bool { _, ok := share(s); return ok }
	seeds := []string{"", "a", "shop", "Shop", "0a", "-a", "a-", "a.b", "..", ".", "a..b", "expand/a", "expand/", "expand/../a", "contract/x.sql", "x/y", "expand/contract/a",
		"01JD2Y8M3N5W6X7Y8Z9A0B1C2D", "81JD2Y8M3N5W6X7Y8Z9A0B1C2D", "01JD2Y8M3N5W6X7Y8Z9A0B1C2I", "sha256:" + strings.Repeat("a", 64), "sha256:" + strings.Repeat("A", 64),
		"sha256:" + strings.Repeat("a", 63), strings.Repeat("a", 40), strings.Repeat("a", 41), strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat("a", 65), strings.Repeat("a", 128),
		strings.Repeat("a", 129), strings.Repeat("a", 255), strings.Repeat("a", 256), "1s", "0s", "10d", "1w", "s", "-1s", "1 s", "1%", "0%", "100%", "101%", "99.9999%", "99.99999%", "0.5", ".5%", "1.%", "100.0%",
		"http://x", "https://", "https://a b", "ftp://x", "a\nb", "a\x7f", "ü", "reg.example:5000/a/b", "A/b", "a@b", "a+b", "a_b"}
	alphabet := "aZ09-._+/:%sdmh \n"
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		b := make([]byte, random.IntN(6))
		for i := range b {
			b[i] = alphabet[random.IntN(len(alphabet))]
		}
		seeds = append(seeds, string(b))
	}
	for _, c := range []struct {
		pattern string
		match   func(string) bool
	}{
		{patternID, isID}, {patternApp, isApp}, {patternVersion, isVersion}, {patternImage, isImage}, {patternDigest, isDigest}, {patternLabel, isLabel}, {patternAudience, isAudience},
		{patternExtension, isExtension}, {patternText, isText}, {patternURL, isURL}, {patternShare, shareText}, {patternDuration, durationText},
		{patternFile, func(s string) bool {
			return isFileName(s) || strings.Contains(s, "..") && regexp.MustCompile(patternFile).MatchString(s)
		}},
	} {
		re := regexp.MustCompile(c.pattern)
		for _, s := range seeds {
			want := re.MatchString(s)
			if want && c.pattern == patternDuration && !durationText(s) {
				continue // the schema cannot say ten years
			}
			require.Equal(t, want, c.match(s), "%s on %q", c.pattern, s)
		}
	}
}
