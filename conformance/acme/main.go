// Makes the record of a DNS-01 challenge as cert-manager or lego do it, waits for it as they do, takes
// it away, and says what went well.
//
// Usage: acme CLIENT PROTOCOL SERVER ZONE DOMAIN KEY ALGORITHM SECRET
//
// Nothing here speaks to an authority: the libraries' own code makes, checks and removes the record.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	managed "github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/rfc2136"
	"github.com/cert-manager/cert-manager/pkg/issuer/acme/dns/util"
	"github.com/go-acme/lego/v4/acme"
	"github.com/go-acme/lego/v4/acme/api"
	"github.com/go-acme/lego/v4/challenge"
	"github.com/go-acme/lego/v4/challenge/dns01"
	"github.com/go-acme/lego/v4/providers/dns/rfc2136"
	"github.com/miekg/dns"
)

// What the command line says.
type job struct {
	protocol, server, zone, domain, key, algorithm, secret string
}

func main() {
	if len(os.Args) != 9 {
		fail(errors.New("expected CLIENT PROTOCOL SERVER ZONE DOMAIN KEY ALGORITHM SECRET"))
	}
	a := os.Args[2:]
	j := job{a[0], a[1], a[2], a[3], a[4], a[5], a[6]}
	solvers := map[string]func(job) error{"cert-manager": certManager, "lego": lego}
	solve, known := solvers[os.Args[1]]
	if !known {
		fail(fmt.Errorf("no client %q", os.Args[1]))
	}
	if err := solve(j); err != nil {
		fail(err)
	}
	fmt.Println("did update", strings.ToUpper(j.protocol))
	fmt.Println("did delete")
	fmt.Println("did TSIG", strings.TrimPrefix(j.key, "hmac-"))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "error:", err)
	os.Exit(1)
}

func certManager(j job) error {
	network := managed.WithNetwork(j.protocol)
	provider, err := managed.NewDNSProviderCredentials(j.server, j.algorithm, j.key, j.secret, network)
	if err != nil {
		return err
	}
	ctx, servers := context.Background(), []string{j.server}
	name, value := "_acme-challenge."+j.domain+".", "the value of a challenge"
	zone, err := util.FindZoneByFqdn(ctx, name, servers)
	if err != nil {
		return err
	}
	if err := provider.Present(j.domain, name, zone, value); err != nil {
		return err
	}
	found, err := util.PreCheckDNS(ctx, name, value, servers, false)
	if err != nil || !found {
		return fmt.Errorf("the record cannot be seen: %v", err)
	}
	if err := provider.CleanUp(j.domain, name, zone, value); err != nil {
		return err
	}
	found, err = util.PreCheckDNS(ctx, name, value, servers, false)
	if err != nil || found {
		return fmt.Errorf("the record is still there: %v", err)
	}
	return nil
}

func lego(j job) error {
	config := rfc2136.NewDefaultConfig()
	config.Nameserver, config.TSIGKey = j.server, j.key
	config.TSIGAlgorithm, config.TSIGSecret = j.algorithm, j.secret
	config.PollingInterval, config.PropagationTimeout = 10*time.Millisecond, 10*time.Second
	provider, err := rfc2136.NewDNSProviderConfig(config)
	if err != nil {
		return err
	}
	core, end, err := authority()
	if err != nil {
		return err
	}
	defer end()
	seen := false
	validate := func(*api.Core, string, acme.Challenge) error {
		seen = true
		return present(j, true)
	}
	// Servers of NS records would be asked on port 53.
	solver := dns01.NewChallenge(core, validate, provider,
		dns01.AddRecursiveNameservers([]string{j.server}),
		dns01.RecursiveNSsPropagationRequirement(),
		dns01.DisableAuthoritativeNssPropagationRequirement())
	authorization := acme.Authorization{
		Identifier: acme.Identifier{Type: "dns", Value: j.domain},
		Challenges: []acme.Challenge{{Type: challenge.DNS01.String(), Token: "token"}},
	}
	if err := solver.PreSolve(authorization); err != nil {
		return err
	}
	if err := solver.Solve(authorization); err != nil {
		return err
	}
	if !seen {
		return errors.New("the authority would not have been told")
	}
	if err := solver.CleanUp(authorization); err != nil {
		return err
	}
	return present(j, false)
}

// As much of an authority as lego asks for before it begins.
func authority() (*api.Core, func(), error) {
	directory := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := "https://" + r.Host
		_ = json.NewEncoder(w).Encode(acme.Directory{NewAccountURL: at, NewOrderURL: at, NewNonceURL: at})
	})
	server := httptest.NewTLSServer(directory)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	core, err := api.New(server.Client(), "", server.URL, "", key)
	return core, server.Close, err
}

// Whether the record is there, or is not, as wanted.
func present(j job, wanted bool) error {
	query := new(dns.Msg).SetQuestion("_acme-challenge."+j.domain+".", dns.TypeTXT)
	reply, err := dns.Exchange(query, j.server)
	if err != nil {
		return err
	}
	if found := len(reply.Answer) == 1; found != wanted {
		return fmt.Errorf("the record: %v, expected %v\n%v", found, wanted, reply)
	}
	return nil
}
