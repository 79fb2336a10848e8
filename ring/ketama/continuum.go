package ketama

import (
	"cmp"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A Server is one server of a farm.
type Server struct {
	// Name is what the other clients hash: mostly "host:port". Twemproxy and
	// libmemcached leave out the port where it is 11211, and twemproxy takes
	// the name behind the weight if its configuration gives one. It has 1 to
	// 79 bytes, which is where twemproxy would cut it.
	Name string

	// Weight is the server's part of the whole, at least 1.
	Weight int
}

// A Point is a place on the continuum and the server that it belongs to.
type Point struct {
	Value  uint32
	Server int // index into the servers
}

// A Continuum is the circle of points. It does not change, so that it is safe
// for concurrent use.
type Continuum struct {
	points  []Point
	servers int
}

const (
	pointsPerServer = 160 // of a server with the average weight
	pointsPerHash   = 4   // one MD5 sum has sixteen bytes
	maxName         = 79  // twemproxy's buffer of 86, less "-", five digits and the end
	maxWeight       = 1 << 24
)

// New returns the continuum of servers as twemproxy and libmemcached have it. A
// server whose weight is too small a
// part of the whole to get a single point is an error, since it would never be
// found.
func New(servers []Server) (*Continuum, error) { return build(servers, sums) }

// NewLibketama is New as libketama has it: for some weights, and some numbers of
// equal servers, one sum more or less.
func NewLibketama(servers []Server) (*Continuum, error) { return build(servers, sumsOfLibketama) }

func build(servers []Server, sums func(weight, total, servers int) int) (*Continuum, error) {
	total, err := check(servers)
	if err != nil {
		return nil, err
	}
	c := &Continuum{servers: len(servers)}
	for i, s := range servers {
		n := sums(s.Weight, total, len(servers))
		if n == 0 {
			return nil, fmt.Errorf("ketama: server %q gets no point for a weight of %d in %d: give it more", s.Name, s.Weight, total)
		}
		for k := range n {
			sum := md5.Sum([]byte(s.Name + "-" + strconv.Itoa(k)))
			for part := range pointsPerHash {
				c.points = append(c.points, Point{binary.LittleEndian.Uint32(sum[4*part:]), i})
			}
		}
	}
	// Equal values are in any order with the others, which sort unstably; here
	// the first server wins.
	slices.SortStableFunc(c.points, func(a, b Point) int { return cmp.Compare(a.Value, b.Value) })
	return c, nil
}

// check returns the sum of the weights.
func check(servers []Server) (total int, err error) {
	if len(servers) == 0 {
		return 0, errors.New("ketama: there are no servers")
	}
	names := map[string]bool{}
	for _, s := range servers {
		switch {
		case s.Name == "" || len(s.Name) > maxName:
			return 0, fmt.Errorf("ketama: the server name %q has %d bytes: it must have 1 to %d", s.Name, len(s.Name), maxName)
		case names[s.Name]:
			return 0, fmt.Errorf("ketama: two servers are called %q", s.Name)
		case s.Weight < 1 || s.Weight > maxWeight:
			return 0, fmt.Errorf("ketama: server %q has a weight of %d: it must be 1 to %d", s.Name, s.Weight, maxWeight)
		}
		names[s.Name] = true
		total += s.Weight
	}
	return total, nil
}

// sums returns how many MD5 sums a server gets. It rounds as the C programs
// do, in single precision after each step; the conversions keep the compiler
// from joining two steps into one. The tiny addend is twemproxy's and
// libmemcached's, and makes up for shares that come out just below a whole.
func sums(weight, total, servers int) int {
	share := float32(float32(weight) / float32(total))
	scaled := float32(share * pointsPerServer)
	scaled = float32(scaled / pointsPerHash)
	scaled = float32(scaled * float32(servers))
	return int(math.Floor(float64(float32(float64(scaled) + 0.0000000001))))
}

// sumsOfLibketama reckons in double precision from the share on.
func sumsOfLibketama(weight, total, servers int) int {
	share := float64(float32(float32(weight) / float32(total)))
	scaled := float64(share * 40)
	scaled = float64(scaled * float64(servers))
	return int(math.Floor(float64(float32(scaled))))
}

// Points returns a copy of the circle in ascending order.
func (c *Continuum) Points() []Point { return slices.Clone(c.points) }

// Find returns the index of the server that a key with this hash belongs to:
// that of the first point at or behind it, and of the first of all behind the
// last.
func (c *Continuum) Find(hash uint32) int { return c.points[c.at(hash)].Server }

// Order returns the indexes of all servers as the circle meets them from hash
// on. The first is what Find returns.
func (c *Continuum) Order(hash uint32) []int {
	order := make([]int, 0, c.servers)
	seen := make([]bool, c.servers)
	for i, at := 0, c.at(hash); i < len(c.points) && len(order) < c.servers; i++ {
		s := c.points[(at+i)%len(c.points)].Server
		if !seen[s] {
			seen[s] = true
			order = append(order, s)
		}
	}
	return order
}

func (c *Continuum) at(hash uint32) int {
	i, _ := slices.BinarySearchFunc(c.points, hash, func(p Point, h uint32) int { return cmp.Compare(p.Value, h) })
	if i == len(c.points) {
		return 0
	}
	return i
}
