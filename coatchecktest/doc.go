// Package coatchecktest helps to test handlers that use sessions.
//
// [NewManager] gives a manager on a store of its own, [Login] and [Begin] put a
// session into a request before the handler runs, and [Look] shows what the
// handler left in it:
//
//	m := coatchecktest.NewManager(t, nil)
//	r := httptest.NewRequest("GET", "/account", nil)
//	coatchecktest.Login(t, m, r, "user-42", nil)
//	w := httptest.NewRecorder()
//	m.Handler(mux).ServeHTTP(w, r)
//
// Under another carrier than the cookie a test opens the session by itself:
//
//	s, err := m.Open(ctx, "")
//	err = s.Login(ctx, "user-42")
//	r.Header.Set("Authorization", "Bearer "+string(s.Token()))
//
// [Clock] makes time pass, and [Store] makes a store slow, forgetful or dead.
package coatchecktest
