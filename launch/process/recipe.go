package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"teal.dev/teal/release"
)

// recipe is what a plan keeps of the configuration: everything that decides what a version's process is. Env is as the
// configuration has it; what its references name is read at every start, so that a rotated secret needs no release.
type recipe struct {
	Root    string            `json:"root"`
	Command []string          `json:"command"`
	Env     map[string]string `json:"env,omitempty"`
}

// words is a recipe in a plan: under the launcher's name, so that another launcher's words are told from ours.
type words struct {
	Process *recipe `json:"process"`
}

// Kinds are those of the artifacts that can be run.
func (*Launcher) Kinds() []string { return []string{"dir"} }

// Recipe is what a plan must keep to be started again, whatever the configuration says by then.
func (l *Launcher) Recipe() string {
	text, _ := json.Marshal(words{&recipe{l.config.Root, l.config.Command, l.config.Env}}) // plain texts: it cannot fail
	return string(text)
}

// recipeOf reads the recipe of a plan. A plan of a teal that kept none is run as the configuration says now.
func (l *Launcher) recipeOf(plan release.Plan) (recipe, error) {
	if plan.Recipe.Launch == "" {
		return recipe{l.config.Root, l.config.Command, l.config.Env}, nil
	}
	var w words
	err := json.Unmarshal([]byte(plan.Recipe.Launch), &w)
	if err == nil && w.Process == nil {
		err = errors.New("it is of another launcher")
	}
	if err == nil {
		err = w.Process.check()
	}
	if err != nil {
		return recipe{}, permanent("recipe", "the stored plan of version %s cannot be run as a process (%v); release the version again", plan.Version, err)
	}
	return *w.Process, nil
}

func (r recipe) check() error {
	if !filepath.IsAbs(r.Root) {
		return fmt.Errorf("root %q must be an absolute path: the directory that holds a directory per version", r.Root)
	}
	if len(r.Command) == 0 || !filepath.IsLocal(r.Command[0]) {
		return errors.New("command must begin with the executable's path inside the version's directory, e.g. [bin/shop]")
	}
	return nil
}
