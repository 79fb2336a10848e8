package sealed_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coatcheck/coatcheck"
)

// Promise 3: no request waits for another's handler, whatever both do. In a
// bubble, waiting for one that never ends would be a deadlock, and waiting for
// a timeout would move the clock.
func TestPromise3NoRequestWaitsForAnothersHandler(t *testing.T) {
	for name, do := range map[string]func(s *coatcheck.Session) error{
		"read":    func(s *coatcheck.Session) error { motto.Get(s); return nil },
		"change":  func(s *coatcheck.Session) error { tally.Update(s, increment); return nil },
		"save":    func(s *coatcheck.Session) error { tally.Update(s, increment); return s.Save(context.Background()) },
		"renew":   func(s *coatcheck.Session) error { return s.Renew(context.Background()) },
		"login":   func(s *coatcheck.Session) error { return s.Login(context.Background(), "bob") },
		"destroy": func(s *coatcheck.Session) error { return s.Destroy(context.Background()) },
		"transact": func(s *coatcheck.Session) error {
			return s.Transact(context.Background(), func(s *coatcheck.Session) error { tally.Update(s, increment); return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				site := assemble(t, setup{})
				b := site.browser().begin()
				release := make(chan struct{})
				var slow sync.WaitGroup
				for i := range 8 {
					twin := b.twin()
					slow.Go(func() {
						twin.visit(func(s *coatcheck.Session) {
							tally.Update(s, increment)
							if i%2 == 0 {
								_ = s.Transact(context.Background(), func(*coatcheck.Session) error { <-release; return nil })
							}
							<-release
						})
					})
				}
				synctest.Wait()
				start := time.Now()
				expectStatus(t, b.visit(func(s *coatcheck.Session) { expectNil(t, do(s)) }), http.StatusOK)
				expectEqual(t, "waited", time.Since(start), 0)
				close(release)
				slow.Wait()
			})
		})
	}
}
