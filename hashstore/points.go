//go:build faultpoint

package hashstore

// points are the names of all fault points. Before the dot stands the class of
// the operation.
var points = [...]string{
	"put.append", "put.tail", "put.insert", "put.publish", "put.link", "put.count",
	"put.expiry", "put.deadline", "put.pending", "put.reserve", "put.write", "put.sync", "put.finish",
	"delete.pending", "delete.append", "delete.tail", "delete.clear", "delete.tag", "delete.unlink", "delete.count",
	"touch.swap", "touch.check",
	"grow.segment", "grow.state", "grow.extend", "grow.build", "grow.publish", "grow.free", "grow.run",
	"compact.copy", "compact.move", "compact.empty", "compact.sync", "compact.zero", "compact.free", "compact.punch",
	"repair.begin", "repair.slot", "repair.publish", "repair.end",
	"attach.slot", "attach.identity", "attach.clean",
	"recover.begin", "recover.segment", "recover.index", "recover.publish", "recover.end",
	"sync.range", "sync.mark",
}
