package itest_test

import (
	"testing"

	"github.com/anishathalye/porcupine"
)

// A scene is a history by hand: who checks the checkers.
type scene struct {
	name  string
	right bool
	ops   []porcupine.Operation
}

// at is an operation that took place between two moments.
func at(call, ret int64, op any) porcupine.Operation {
	return porcupine.Operation{Input: op, Call: call, Return: ret}
}

// evening is when everything has been answered.
const evening = 1000

func check(t *testing.T, model porcupine.Model, scenes []scene) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			if got := porcupine.CheckOperations(model, s.ops); got != s.right {
				t.Errorf("linearizable: %v, want %v", got, s.right)
			}
		})
	}
}

// TestStoreModel: the model of a store knows right from wrong.
func TestStoreModel(t *testing.T) {
	one, two := content{10, 1, 2, 5}, content{20, 2, 1, 5}
	both := content{20, 2, 2, 5} // two after one: the later deadline stays
	load := func(c content) *storeOp { return &storeOp{call: callLoad, content: c} }
	none := &storeOp{call: callLoad, answer: answerNotFound}
	create := &storeOp{call: callCreate, content: one}
	replace := func(a answer) *storeOp { return &storeOp{call: callReplace, content: two, old: 10, answer: a} }
	touch := func(e int8) *storeOp { return &storeOp{call: callTouch, expires: e} }
	remove := func(a answer) *storeOp { return &storeOp{call: callDelete, answer: a} }
	check(t, storeModel(), []scene{
		{"read your write", true, []porcupine.Operation{at(1, 2, create), at(3, 4, load(one))}},
		{"read what nobody wrote", false, []porcupine.Operation{at(1, 2, load(one))}},
		{"read too early", false, []porcupine.Operation{at(1, 2, load(one)), at(3, 4, create)}},
		{"read what is being written", true, []porcupine.Operation{at(1, 4, create), at(2, 3, load(one))}},
		{"a write that is lost", false, []porcupine.Operation{at(1, 2, create), at(3, 4, none)}},
		{"replaced", true, []porcupine.Operation{at(1, 2, create), at(3, 4, replace(answerOK)), at(5, 6, load(both))}},
		{"replaced, deadline moved back", false, []porcupine.Operation{at(1, 2, create), at(3, 4, replace(answerOK)), at(5, 6, load(two))}},
		{"replaced twice over one version", false, []porcupine.Operation{at(1, 2, create), at(3, 6, replace(answerOK)), at(4, 5, replace(answerOK))}},
		{"replaced after the end", false, []porcupine.Operation{at(1, 2, create), at(3, 4, remove(answerOK)), at(5, 6, replace(answerOK))}},
		{"conflict for no reason", false, []porcupine.Operation{at(1, 2, create), at(3, 4, replace(answerConflict))}},
		{"touched", true, []porcupine.Operation{at(1, 2, create), at(3, 4, touch(4)), at(5, 6, load(content{10, 1, 4, 5}))}},
		{"touched beyond the deadline", false, []porcupine.Operation{at(1, 2, create), at(3, 4, touch(9)), at(5, 6, load(content{10, 1, 9, 5}))}},
		{"touched backwards", false, []porcupine.Operation{at(1, 2, create), at(3, 4, touch(1)), at(5, 6, load(content{10, 1, 1, 5}))}},
		{"unknown, and it happened", true, []porcupine.Operation{at(1, 2, create), at(3, evening, replace(answerUnknown)), at(5, 6, load(both))}},
		{"unknown, and it never happened", true, []porcupine.Operation{at(1, 2, create), at(3, evening, replace(answerUnknown)), at(5, 6, load(one)), at(1001, 1002, load(one))}},
		{"unknown, and it came later", true, []porcupine.Operation{at(1, 2, create), at(3, evening, replace(answerUnknown)), at(5, 6, load(one)), at(7, 8, load(both))}},
		{"unknown, it came and went", false, []porcupine.Operation{at(1, 2, create), at(3, evening, replace(answerUnknown)), at(5, 6, load(both)), at(7, 8, load(one))}},
		{"unknown, after the evening", false, []porcupine.Operation{at(1, 2, create), at(3, evening, replace(answerUnknown)), at(1001, 1002, load(one)), at(1003, 1004, load(both))}},
		{"an end that is undone", false, []porcupine.Operation{at(1, 2, create), at(3, 4, remove(answerOK)), at(5, 6, load(one))}},
		{"an end that may not have been", true, []porcupine.Operation{at(1, 2, create), at(3, evening, remove(answerUnknown)), at(5, 6, load(one)), at(7, 8, none)}},
	})
}

// TestCoatModel: the model of sessions knows right from wrong.
func TestCoatModel(t *testing.T) {
	birth := at(1, 2, &coatOp{way: wayBirth, view: holding{count: 1}, owned: true})
	read := func(token, count int) *coatOp {
		return &coatOp{way: wayRead, token: token, view: holding{count: count}}
	}
	dead := func(token int) *coatOp { return &coatOp{way: wayRead, token: token, end: endDead} }
	add := func(e end, count int) *coatOp {
		return &coatOp{way: waySave, edit: editAdd, view: holding{count: count}, end: e}
	}
	renew := func(e end) *coatOp { return &coatOp{way: wayRenew, next: 1, view: holding{count: 1}, end: e} }
	destroy := func(e end) *coatOp { return &coatOp{way: wayDestroy, end: e} }
	end := func(e end, aged bool) *coatOp { return &coatOp{way: wayErase, aged: aged, end: e} }
	mark, erase := &coatOp{way: wayMark}, &coatOp{way: wayEraseOwner}
	again := &coatOp{way: wayLogin, next: 1, view: holding{count: 1}, shadowed: true}
	check(t, coatModel(), []scene{
		{"counted", true, []porcupine.Operation{birth, at(3, 4, add(endOK, 2)), at(5, 6, read(0, 2))}},
		{"counted together", true, []porcupine.Operation{birth, at(3, 6, add(endOK, 3)), at(4, 5, add(endOK, 2))}},
		{"a count that is lost", false, []porcupine.Operation{birth, at(3, 6, add(endOK, 2)), at(4, 5, add(endOK, 2))}},
		{"a count that counts twice", false, []porcupine.Operation{birth, at(3, 4, add(endOK, 2)), at(5, 6, read(0, 3))}},
		{"uncertain, and it counted", true, []porcupine.Operation{birth, at(3, evening, add(endMaybe, 0)), at(5, 6, read(0, 2))}},
		{"uncertain, and it counted twice", false, []porcupine.Operation{birth, at(3, evening, add(endMaybe, 0)), at(5, 6, read(0, 2)), at(7, 8, read(0, 3))}},
		{"renewed", true, []porcupine.Operation{birth, at(3, 4, renew(endOK)), at(5, 6, dead(0)), at(7, 8, read(1, 1))}},
		{"renewed, and the old token lives", false, []porcupine.Operation{birth, at(3, 4, renew(endOK)), at(5, 6, read(0, 1))}},
		{"renewed, and the new token is dead", false, []porcupine.Operation{birth, at(3, 4, renew(endOK)), at(5, 6, dead(1))}},
		{"both tokens live at once", false, []porcupine.Operation{birth, at(3, 10, renew(endOK)), at(4, 5, read(1, 1)), at(6, 7, read(0, 1))}},
		{"gone for no reason", false, []porcupine.Operation{birth, at(3, 4, renew(endGone))}},
		{"destroyed", true, []porcupine.Operation{birth, at(3, 4, destroy(endOK)), at(5, 6, dead(0))}},
		{"destroyed, and it came back", false, []porcupine.Operation{birth, at(3, 4, destroy(endOK)), at(5, 6, dead(0)), at(7, 8, read(0, 1))}},
		{"destroyed, and lives on renewed", false, []porcupine.Operation{birth, at(3, 8, destroy(endOK)), at(4, 7, renew(endOK)), at(9, 10, read(1, 1))}},
		{"destroyed too late", true, []porcupine.Operation{birth, at(3, 8, destroy(endGone)), at(4, 7, renew(endOK)), at(9, 10, read(1, 1))}},
		{"a save that revives", false, []porcupine.Operation{birth, at(3, 4, destroy(endOK)), at(5, 6, add(endOK, 2))}},
		{"ended by its ID", true, []porcupine.Operation{birth, at(3, 4, end(endOK, false)), at(5, 6, dead(0))}},
		{"ended by its ID, and it came back", false, []porcupine.Operation{birth, at(3, 4, end(endOK, false)), at(5, 6, read(0, 1))}},
		{"ended by an old ID, and lives on", false, []porcupine.Operation{birth, at(3, 4, renew(endOK)), at(5, 6, end(endOK, false))}},
		{"not ended by an old ID", true, []porcupine.Operation{birth, at(3, 4, renew(endOK)), at(5, 6, end(endGone, false)), at(7, 8, read(1, 1))}},
		{"ended by an ID that is long forgotten", true, []porcupine.Operation{birth, at(3, 4, renew(endOK)), at(5, 6, end(endOK, true)), at(7, 8, read(1, 1))}},
		{"owner erased", true, []porcupine.Operation{birth, at(3, 4, mark), at(3, 4, erase), at(5, 6, dead(0))}},
		{"owner erased, and the session survives", false, []porcupine.Operation{birth, at(3, 4, mark), at(3, 4, erase), at(5, 6, read(0, 1))}},
		{"owner erased during a login", true, []porcupine.Operation{birth, at(3, 8, mark), at(3, 8, erase), at(4, 7, again), at(9, 10, read(1, 1))}},
		{"owner erased after a login", false, []porcupine.Operation{birth, at(3, 4, again), at(5, 6, mark), at(5, 6, erase), at(9, 10, read(1, 1))}},
	})
}
