package main
import "testing"
func BenchmarkZZ(b *testing.B){
 for _,l:=range []string{bareName,"coatcheck","coatcheck, hashstore","coatcheck, sealed"} { lib,err:=findLibrary(l); if err!=nil{b.Fatal(err)}
  for _,page:=range []string{readPage,countPage} {
   s,free,err:=openSite(lib,setup{}); if err!=nil{b.Fatal(err)}
   cookie,err:=begin(s); if err!=nil{b.Fatal(err)}
   p:=s.probe(page,cookie)
   b.Run(l+page,func(b *testing.B){ b.ReportAllocs(); for range b.N { p.serve() } })
   free()
  }
 }
}
