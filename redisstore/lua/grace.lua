-- How much longer than its record a key lives, in milliseconds.
local grace = 300000
