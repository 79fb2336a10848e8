package broken

import "github.com/coatcheck/coatcheck"

var capabilities = []Store{
	{"denies-what-works", func(r *Reference) coatcheck.Store { return deniesWhatWorks{r} }},
	{"declares-what-it-lacks", func(r *Reference) coatcheck.Store { return declaresLacking{bare{r, r}} }},
}

// deniesWhatWorks does what it says it cannot.
type deniesWhatWorks struct{ *Reference }

func (deniesWhatWorks) Capabilities() coatcheck.Capabilities { return coatcheck.Capabilities{} }

// declaresLacking says it can do what it has no methods for.
type declaresLacking struct{ bare }

func (declaresLacking) Capabilities() coatcheck.Capabilities {
	return coatcheck.Capabilities{List: true, Owners: true, Sweep: true, Stat: true, Watch: true}
}
