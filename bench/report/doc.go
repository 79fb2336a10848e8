// Package report is how the benchmarks write down what they measured: medians
// in Markdown tables, and figures beside what they aim at.
package report
