package near_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"teal.dev/teal/internal/near"
)

func TestHint(t *testing.T) {
	known := []string{"drop-column", "drop-table"}
	for word, want := range map[string]string{
		"drop-colum":  `did you mean "drop-column"?`,
		"Drop-Column": `did you mean "drop-column"?`,
		"dropcolmn":   `did you mean "drop-column"?`,
		"add-index":   "known: drop-column, drop-table",
	} {
		require.Equal(t, want, near.Hint(word, known), word)
	}
	require.Equal(t, "none is known", near.Hint("shop", nil))
	require.Empty(t, near.Word("xy", []string{"ab"}), "a word of which no letter is right is not meant")
}
