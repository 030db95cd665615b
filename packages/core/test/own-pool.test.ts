// The example of a pool of one's own is a test, and is run as one.
import '../examples/own-pool.test.js'
