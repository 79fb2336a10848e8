package hashstore

const sysPwritev2 = 328
