package statement

import "strings"

// Mentions looks for a word of small letters in a text, in any case and anywhere, without a copy of the text. It is for those who
// would otherwise read every file for what few files have.
func Mentions[T string | []byte](text T, word string) bool {
	for i := range max(len(text)-len(word)+1, 0) {
		if text[i]|0x20 == word[0] && strings.EqualFold(string(text[i:i+len(word)]), word) {
			return true
		}
	}
	return false
}
