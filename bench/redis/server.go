package main

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// A server is the Redis server on which all sites keep their sessions. It is
// used by one goroutine.
type server struct {
	addr, password string
	client         *goredis.Client // what asks it about itself
	end            func() error
}

func (s *server) stop() error {
	_ = s.client.Close()
	return s.end()
}

// info returns what the server tells about itself in some sections, by name.
func (s *server) info(sections ...string) (map[string]string, error) {
	text, err := s.client.Info(context.Background(), sections...).Result()
	if err != nil {
		return nil, err
	}
	info := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok {
			info[name] = value
		}
	}
	return info, nil
}

func (s *server) version() (string, error) {
	info, err := s.info("server")
	return info["redis_version"], err
}

// cpu is the processor time that the server has used so far.
func (s *server) cpu() (time.Duration, error) {
	info, err := s.info("cpu")
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, name := range []string{"used_cpu_sys", "used_cpu_user"} {
		seconds, err := strconv.ParseFloat(info[name], 64)
		if err != nil {
			return 0, fmt.Errorf("INFO cpu: %s: %w", name, err)
		}
		sum += seconds
	}
	return time.Duration(sum * float64(time.Second)), nil
}

// A traffic is what has reached the server.
type traffic struct {
	trips    int            // reads of a connection: as many as round trips, where clients wait for answers
	commands map[string]int // how often, those that scripts run included
}

// traffic returns all that has reached the server so far, but for what asks it.
func (s *server) traffic() (traffic, error) {
	info, err := s.info("commandstats", "stats")
	if err != nil {
		return traffic{}, err
	}
	t := traffic{commands: map[string]int{}}
	for name, value := range info {
		command, ok := strings.CutPrefix(name, "cmdstat_")
		if !ok {
			continue
		}
		var calls int
		if _, err := fmt.Sscanf(value, "calls=%d,", &calls); err != nil {
			return traffic{}, fmt.Errorf("INFO commandstats: %s:%s: %w", name, value, err)
		}
		t.commands[command] = calls
	}
	t.trips, err = strconv.Atoi(info["total_reads_processed"])
	if err != nil {
		return traffic{}, fmt.Errorf("INFO stats: total_reads_processed: %w", err)
	}
	// A ping goes around now and then, and every INFO is our own.
	for _, own := range []string{"info", "ping"} {
		t.trips -= t.commands[own]
		delete(t.commands, own)
	}
	return t, nil
}
