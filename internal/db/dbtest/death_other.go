//go:build !linux

package dbtest

import "syscall"

// dieTogether does nothing: no such signal exists here.
func dieTogether(*syscall.SysProcAttr) {}
