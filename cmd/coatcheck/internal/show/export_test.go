package show

var Wrap = wrap
