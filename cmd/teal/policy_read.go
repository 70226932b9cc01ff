package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"teal.dev/teal/policies"
)

// readPolicies puts the policies of a directory over the built-in one; "" = the built-in one alone. Its error tells what is
// wrong with all of the files.
func readPolicies(dir string) (policies.Set, error) {
	files, err := policyFiles(dir, false)
	if err != nil {
		return policies.Set{}, err
	}
	var site []policies.Policy
	var wrong []error
	for _, name := range sorted(files) {
		p, err := policies.ParsePolicy(name, []byte(files[name]))
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		site = append(site, p)
	}
	if len(wrong) > 0 {
		return policies.Set{}, hinted(failf(exitUsage, "%v", errors.Join(wrong...)), "correct the policy; docs/policies.md tells its format, and teal policy show prints the built-in one")
	}
	set, err := policies.NewSet(site...)
	if err != nil {
		return set, failf(exitUsage, "%v", err)
	}
	return set, nil
}

// policyFiles reads the YAML files of a directory: the tests, or the policies.
func policyFiles(dir string, tests bool) (map[string]string, error) {
	files := map[string]string{}
	if dir == "" {
		return files, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, unreadPolicies(err)
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if filepath.Ext(name) == ".yml" {
			return nil, failf(exitUsage, "%s is not read, and the gate would be laxer than it looks: rename it to %s", name, strings.TrimSuffix(name, ".yml")+".yaml")
		}
		if strings.HasPrefix(e.Name(), ".") || filepath.Ext(name) != ".yaml" || policies.IsTestFile(name) != tests {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, unreadPolicies(err)
		}
		files[name] = string(data)
	}
	return files, nil
}

func unreadPolicies(err error) error {
	return hinted(failf(exitUsage, "the policies cannot be read: %v", err), "name the directory that the policies' .yaml files are in, such as policies/ of the config directory")
}
