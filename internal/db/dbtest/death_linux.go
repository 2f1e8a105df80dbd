package dbtest

import "syscall"

// dieTogether lets the kernel stop the server when the keeper is killed.
func dieTogether(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGQUIT }
