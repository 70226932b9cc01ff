package lab

import "syscall"

// attributes put the child in a group of its own and let the kernel kill it when we die, however we die.
func attributes(credential *syscall.Credential) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: credential}
}
