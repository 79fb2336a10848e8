package itest_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// etcdURL names the etcd server for the program.
func etcdURL(t *testing.T) string {
	s, err := etcdServer()
	must(t, err)
	return "etcd://" + s.Addr + "?prefix=demo."
}

// natsURL names a NATS server for the program, which wants a password from a
// file, and has no bucket yet.
func natsURL(t *testing.T) string {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(),
		Username: "ada", Password: "s3c/ret", NoLog: true, NoSigs: true})
	must(t, err)
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the NATS server is not ready")
	}
	u, err := url.Parse(s.ClientURL())
	must(t, err)
	password := filepath.Join(t.TempDir(), "password")
	must(t, os.WriteFile(password, []byte("s3c/ret\n"), 0o600))
	return "nats://ada@" + u.Host + "/demo?storage=memory&password_file=" + password
}

// refuses: with a wrong password, and where nobody listens, the program ends with
// one line that says so.
func refuses(t *testing.T, program string) {
	wrong := filepath.Join(t.TempDir(), "wrong")
	must(t, os.WriteFile(wrong, []byte("s3cret\n"), 0o600))
	at, _, _ := strings.Cut(natsURL(t), "&password_file=")
	for store, want := range map[string]string{
		at + "&password_file=" + wrong: "NATS at 127.0.0.1:",
		"nats://127.0.0.1:1":           "NATS at 127.0.0.1:1: ",
		"etcd://127.0.0.1:1":           "etcd at 127.0.0.1:1: ",
	} {
		out, err := exec.CommandContext(t.Context(), program, "demo", "--listen", "127.0.0.1:0", "--store", store).CombinedOutput()
		if err == nil || !strings.HasPrefix(string(out), "coatcheck: --store: "+want) || strings.Count(string(out), "\n") != 1 || strings.Contains(string(out), "s3c") {
			t.Errorf("%s: %v, %s", store, err, out)
		}
	}
}
