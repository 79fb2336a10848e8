package ketama_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"

	"github.com/coatcheck/coatcheck/ring/ketama"
)

// farms have their figures from a program in another language, which was written
// from the formula alone. internal/itest asks twemproxy itself.
var farms = []struct {
	name        string
	servers     []ketama.Server
	counts      []int
	first, last ketama.Point
	sum         uint32 // CRC-32 of all points: value, big-endian, and server
}{
	{
		"weights",
		[]ketama.Server{
			{Name: "10.0.1.1:11211", Weight: 600}, {Name: "10.0.1.2:11211", Weight: 300}, {Name: "10.0.1.3:11211", Weight: 200},
			{Name: "10.0.1.4:11211", Weight: 350}, {Name: "10.0.1.5:11211", Weight: 1000}, {Name: "10.0.1.6:11211", Weight: 800},
			{Name: "10.0.1.7:11211", Weight: 950}, {Name: "10.0.1.8:11211", Weight: 100},
		},
		[]int{176, 88, 56, 104, 296, 236, 280, 28},
		ketama.Point{Value: 762113, Server: 4}, ketama.Point{Value: 4293620028, Server: 4}, 2145257894,
	},
	{
		"equals",
		[]ketama.Server{
			{Name: "192.168.1.101:11210", Weight: 1}, {Name: "192.168.1.102:11210", Weight: 1},
			{Name: "192.168.1.103:11210", Weight: 1}, {Name: "192.168.1.104:11210", Weight: 1},
		},
		[]int{160, 160, 160, 160},
		ketama.Point{Value: 19069626, Server: 3}, ketama.Point{Value: 4294628205, Server: 1}, 923499319,
	},
	{
		"names",
		[]ketama.Server{{Name: "a", Weight: 15}, {Name: "b", Weight: 20}, {Name: "c", Weight: 10}},
		[]int{160, 212, 104},
		ketama.Point{Value: 500562, Server: 2}, ketama.Point{Value: 4293088312, Server: 0}, 1246350966,
	},
}

func TestPoints(t *testing.T) {
	for _, f := range farms {
		c, err := ketama.New(f.servers)
		if err != nil {
			t.Fatal(err)
		}
		points := c.Points()
		counts := make([]int, len(f.servers))
		var all []byte
		for _, p := range points {
			counts[p.Server]++
			all = append(binary.BigEndian.AppendUint32(all, p.Value), byte(p.Server))
		}
		if !slices.Equal(counts, f.counts) {
			t.Errorf("%s: the servers have %d points, want %d", f.name, counts, f.counts)
		}
		if points[0] != f.first || points[len(points)-1] != f.last || crc32.ChecksumIEEE(all) != f.sum {
			t.Errorf("%s: from %v to %v, sum %d; want from %v to %v, sum %d",
				f.name, points[0], points[len(points)-1], crc32.ChecksumIEEE(all), f.first, f.last, f.sum)
		}
	}
}

// With 25 equal servers single precision comes out just below the whole.
func TestLibketamaRoundsOtherwise(t *testing.T) {
	var servers []ketama.Server
	for i := range 25 {
		servers = append(servers, ketama.Server{Name: string(rune('a' + i)), Weight: 1})
	}
	for want, build := range map[int]func([]ketama.Server) (*ketama.Continuum, error){
		25 * 39 * 4: ketama.New, 25 * 40 * 4: ketama.NewLibketama,
	} {
		c, err := build(servers)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(c.Points()); n != want {
			t.Errorf("%d points, want %d", n, want)
		}
	}
}

func TestFind(t *testing.T) {
	c, err := ketama.New(farms[0].servers)
	if err != nil {
		t.Fatal(err)
	}
	points := c.Points()
	last := len(points) - 1
	for i, p := range points {
		before := points[max(i-1, 0)].Value
		if c.Find(p.Value) != p.Server || before != p.Value && c.Find(before+1) != p.Server {
			t.Fatalf("the hash at or below point %d is not its server's", i)
		}
	}
	if c.Find(points[last].Value+1) != points[0].Server || c.Find(0) != points[0].Server {
		t.Error("behind the last point comes not the first")
	}
	for _, hash := range []uint32{0, 1 << 31, points[last].Value + 1} {
		order := c.Order(hash)
		if order[0] != c.Find(hash) {
			t.Errorf("Order(%d) begins with %d, Find says %d", hash, order[0], c.Find(hash))
		}
		if slices.Sort(order); !slices.Equal(order, []int{0, 1, 2, 3, 4, 5, 6, 7}) {
			t.Errorf("Order(%d) has %d", hash, order)
		}
	}
}

func TestHashes(t *testing.T) {
	for _, v := range []struct {
		key      string
		md5, fnv uint32
	}{
		{"", 0xd98c1dd4, 0x84222325},
		{"a", 0xb975c10c, 0x8601ec8c},
		{"foobar", 0x22f65838, 0xf73967e8},
	} {
		if got := ketama.MD5(v.key); got != v.md5 {
			t.Errorf("MD5(%q) is %#x, want %#x", v.key, got, v.md5)
		}
		if got := ketama.FNV1a64(v.key); got != v.fnv {
			t.Errorf("FNV1a64(%q) is %#x, want %#x", v.key, got, v.fnv)
		}
	}
}

func TestBadServers(t *testing.T) {
	for say, servers := range map[string][]ketama.Server{
		"no servers":     nil,
		"0 bytes":        {{Name: "", Weight: 1}},
		"80 bytes":       {{Name: strings.Repeat("x", 80), Weight: 1}},
		"two servers":    {{Name: "a", Weight: 1}, {Name: "a", Weight: 2}},
		"a weight of 0":  {{Name: "a"}},
		"a weight of -1": {{Name: "a", Weight: -1}},
		"gets no point":  {{Name: "a", Weight: 1}, {Name: "b", Weight: 1000}},
	} {
		if _, err := ketama.New(servers); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("error is %v, want one that says %q", err, say)
		}
	}
}
