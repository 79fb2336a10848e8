package main

import (
	"net"

	"github.com/valyala/fasthttp"
)

// A fiberProbe serves one request again and again to fiber's handler, past
// the connection that it would come from: copying the request and resetting
// the reply is what fasthttp's parser and connection loop would leave behind,
// and bare fiber pays for both too.
type fiberProbe struct {
	handler fasthttp.RequestHandler
	base    fasthttp.Request
	ctx     fasthttp.RequestCtx
}

func (s *fiberSite) probe(page, cookie string) probe {
	p := &fiberProbe{handler: s.app.Handler()}
	p.base.SetRequestURI(page)
	p.base.SetHost("127.0.0.1")
	if cookie != "" {
		p.base.Header.Set("Cookie", cookie)
	}
	p.ctx.Init(&p.base, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4242}, nil)
	return p
}

func (p *fiberProbe) serve() {
	p.base.CopyTo(&p.ctx.Request)
	p.ctx.Response.Reset()
	p.ctx.ResetUserValues()
	p.handler(&p.ctx)
}

func (p *fiberProbe) answer() (int, string, []string) {
	var cookies []string
	for _, value := range p.ctx.Response.Header.Cookies() {
		cookies = append(cookies, string(value))
	}
	return p.ctx.Response.StatusCode(), string(p.ctx.Response.Body()), cookies
}
