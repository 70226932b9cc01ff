// Package config reads the config directory as one set: teal.yaml, apps, policies and keys. It knows the format and every
// reason why a set cannot be right; it refuses to know databases, HAProxy and what a policy means.
package config
