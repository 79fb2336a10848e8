package redisstore

import (
	"context"
	"crypto/sha1"
	_ "embed"
	"encoding/hex"
	"strings"

	"github.com/valkey-io/valkey-go"
)

// The scripts are constant; what differs from call to call goes into KEYS and
// ARGV. All have the same functions before them.
var (
	//go:embed lua/grace.lua
	luaGrace string
	//go:embed lua/quick.lua
	luaQuick string
	//go:embed lua/functions.lua
	luaFunctions string
	//go:embed lua/create.lua
	luaCreate string
	//go:embed lua/enter.lua
	luaEnter string
	//go:embed lua/replace.lua
	luaReplace string
	//go:embed lua/touch.lua
	luaTouch string
	//go:embed lua/remove.lua
	luaRemove string
	//go:embed lua/page.lua
	luaPage string
)

var (
	createScript  = newScript("", luaFunctions, luaCreate)
	enterScript   = newScript("", luaFunctions, luaEnter)
	replaceScript = newScript("", luaQuick, luaFunctions, luaReplace)
	endScript     = newScript(" flags=allow-oom", luaFunctions, luaReplace) // a logout must not fail for want of memory
	touchScript   = newScript(" flags=allow-oom", luaFunctions, luaTouch)
	removeScript  = newScript(" flags=allow-oom", luaFunctions, luaRemove)
	pageScript    = newScript(" flags=no-writes", luaFunctions, luaPage)
)

// A script is what a server runs in one step.
type script struct {
	name, text string // the name is the text's SHA-1, as the protocol wants it
}

// newScript makes a script of parts, with flags: what the server needs to know before it
// runs one, so that it refuses as a whole what it would else stop halfway.
func newScript(flags string, parts ...string) *script {
	text := "#!lua" + flags + "\n" + luaGrace + strings.Join(parts, "")
	sum := sha1.Sum([]byte(text))
	return &script{name: hex.EncodeToString(sum[:]), text: text}
}

// run runs a script on the keys, all of which are on one server.
func (s *Store) run(ctx context.Context, op string, sc *script, keys, args []string) (valkey.ValkeyMessage, error) {
	return s.send(ctx, s.link, command{op: op, script: sc, keys: keys, args: args})
}
