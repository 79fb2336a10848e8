package hashstore

const sysPwritev2 = 287
