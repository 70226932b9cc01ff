//go:build unix && !linux

package lab

import "syscall"

// attributes put the child in a group of its own; only Linux can also promise that it dies with us.
func attributes(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Credential: credential}
}
