package hashstore

const sysPwritev2 = 393
