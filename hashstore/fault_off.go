//go:build !faultpoint

package hashstore

// point marks the moment before a step that must be atomic. In ordinary builds
// it is nothing. With the build tag faultpoint a process can be made to die
// there.
func point(string) {}

// inside tells what class of operation the process is in until done is called.
func inside(class) (done class) { return 0 }

// leave ends what inside began.
func leave(class) {}
