package hashstore

const sysPwritev2 = 379
