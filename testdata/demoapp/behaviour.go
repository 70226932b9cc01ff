package demoapp

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// BehaviourFile is read from the working directory, which is the artifact's: so a bad release is a directory.
const BehaviourFile = "behaviour"

// behaviour says in which way this version is bad.
type behaviour struct {
	neverHealthy bool
	crash        bool    // ends at once
	share        float64 // of the answers of /, that are 500
	asked        atomic.Uint64
}

// readBehaviour joins the words of the file and of the variable DEMO_BEHAVIOUR.
func readBehaviour(getenv func(string) string) (*behaviour, error) {
	text, err := os.ReadFile(BehaviourFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return parseBehaviour(string(text) + "\n" + getenv("DEMO_BEHAVIOUR"))
}

func parseBehaviour(text string) (*behaviour, error) {
	b := &behaviour{}
	for word := range strings.FieldsSeq(text) {
		name, value, given := strings.Cut(word, "=")
		switch name {
		case "never-healthy":
			b.neverHealthy = true
		case "crash-at-start":
			b.crash = true
		case "errors-after-switch":
			b.share = 0.2
			if !given {
				continue
			}
			share, err := strconv.ParseFloat(value, 64)
			if err != nil || !(share >= 0 && share <= 1) {
				return nil, fmt.Errorf("behaviour %q: the share must be from 0 to 1", word)
			}
			b.share = share
		default:
			return nil, fmt.Errorf("behaviour %q is unknown; there are never-healthy, crash-at-start and errors-after-switch[=share]", word)
		}
	}
	return b, nil
}

// fails spreads the share evenly: with 0.2 every fifth answer.
func (b *behaviour) fails() bool {
	n := b.asked.Add(1)
	return uint64(float64(n)*b.share) != uint64(float64(n-1)*b.share)
}
