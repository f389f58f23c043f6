# Tries the recipes of the README, each as it stands there: sh try.sh README PROGRAM FOLDER RECIPE.
# Runs in a network of its own, which has the addresses of the recipes.
set -eu
readme=$1 program=$2 folder=$3 recipe=$4
cd "$folder"

# The block of the README that is for this program.
snippet() { awk -v of="\`\`\`$1" -v number="${2:-1}" '
    $0 == "```" { on = 0 }
    on { print }
    $0 == of { seen++; on = (seen == number) }' "$readme"; }

fail() { echo "$*" >&2; cat ./*.log >&2; exit 1; }

# Asks until the answer is this one.
expect() { # server name answer
    for _ in $(seq 100); do
        said=$(dig +short +tries=1 +timeout=1 @"$1" "$2" A || true)
        [ "$said" = "$3" ] && return
        sleep 0.05
    done
    fail "$2 at $1: \"$said\", expected $3"
}

begin() { # log command…
    log=$1
    shift
    setpriv --pdeathsig KILL "$@" > "$log.log" 2>&1 &
    begun="$begun $!"
}
begun=
# Some of them change their user, and are not told of our end then.
# shellcheck disable=SC2086 # a list
trap 'kill -KILL $begun 2> /dev/null' EXIT

ip link set lo up
for address in 192.0.2.53 192.0.2.10 169.254.20.10; do ip address add $address/32 dev lo; done
printf '$TTL 300\n@ SOA ns1 hostmaster 1 3600 600 86400 30\n@ NS ns1\nns1 A 192.0.2.53\nwww A 192.168.1.80\n' > zone
zone=example.org
[ "$recipe" != delegation ] || zone=k8s.example.org
begin zonewright "$program" --zone-file=$zone=zone --listen=192.0.2.53:53 --control-socket=off
expect 192.0.2.53 www.$zone 192.168.1.80

case $recipe in
    coredns)
        # In a Pod it has all addresses; here one of them is taken.
        snippet corefile | sed '1a bind 127.0.0.1' > Corefile
        begin coredns "$COREDNS" -conf Corefile
        expect 127.0.0.1 www.example.org 192.168.1.80
        ;;
    nodelocal)
        snippet corefile 2 > Corefile
        begin coredns "$COREDNS" -conf Corefile
        expect 169.254.20.10 www.example.org 192.168.1.80
        ;;
    unbound | delegation)
        {
            printf 'server:\n chroot: ""\n username: ""\n directory: "%s"\n pidfile: ""\n use-syslog: no\n' "$folder"
            printf ' interface: 127.0.0.1\n do-not-query-localhost: no\n module-config: "iterator"\n'
            printf ' private-address: 192.168.0.0/16\n'
        } > unbound.conf
        if [ "$recipe" = unbound ]; then
            snippet unbound >> unbound.conf
        else
            # The parent is BIND's; a resolver that is told of the parent alone finds the part.
            { printf '$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 30\n@ NS ns\nns A 192.0.2.10\n'; snippet parent; } > parent
            printf 'options { directory "%s"; listen-on { 192.0.2.10; }; listen-on-v6 { none; }; recursion no; pid-file none; };\n' "$folder" > named.conf
            printf 'zone "example.org" { type primary; file "parent"; };\n' >> named.conf
            begin named named -g -c named.conf
            expect 192.0.2.10 ns.example.org 192.0.2.10
            printf ' private-domain: "example.org"\nstub-zone:\n name: "example.org"\n stub-addr: 192.0.2.10\n' >> unbound.conf
        fi
        begin unbound unbound -d -c unbound.conf
        expect 127.0.0.1 www.$zone 192.168.1.80
        ;;
    dnsmasq)
        snippet dnsmasq > dnsmasq.conf
        begin dnsmasq dnsmasq --keep-in-foreground --no-resolv --no-hosts --stop-dns-rebind --user=root \
            --listen-address=127.0.0.1 --bind-interfaces --pid-file= --conf-file=dnsmasq.conf
        expect 127.0.0.1 www.example.org 192.168.1.80
        ;;
    pihole)
        # Pi-hole's own program is no package of a distribution: it is dnsmasq with these settings, which
        # Pi-hole 6 writes before all else, and with the lines that its users set behind them.
        lines=$(sed -n "s/.*misc\.dnsmasq_lines '\[\"\(.*\)\"\]'.*/\1/p" "$readme" | sed 's/", *"/\n/g')
        [ -n "$lines" ] || fail 'no lines for Pi-hole in the README'
        {
            printf '%s\n' no-resolv port=53 server=198.51.100.8 cache-size=10000 localise-queries bogus-priv domain-needed \
                expand-hosts use-stale-cache=3600 local-service local=/lan/ domain=lan \
                server=/test/ server=/localhost/ server=/invalid/ server=/bind/ server=/onion/ cache-rr=ANY
            printf '%b\n' "$lines"
        } > pihole.conf
        begin pihole dnsmasq --keep-in-foreground --user=root --no-hosts --listen-address=127.0.0.1 --bind-interfaces \
            --pid-file= --conf-file=pihole.conf
        expect 127.0.0.1 www.example.org 192.168.1.80
        ;;
    resolved)
        # Its places and its user, in mounts that nobody else sees.
        mount -t tmpfs tmpfs /run
        mount -t tmpfs tmpfs /etc/systemd
        if ! getent passwd systemd-resolve > /dev/null; then
            { cat /etc/passwd; echo 'systemd-resolve:x:64990:64990::/:/usr/sbin/nologin'; } > passwd
            { cat /etc/group; echo 'systemd-resolve:x:64990:'; } > group
            mount --bind passwd /etc/passwd
            mount --bind group /etc/group
        fi
        mkdir -p /run/systemd/resolve /etc/systemd/resolved.conf.d
        snippet resolved > /etc/systemd/resolved.conf.d/example.org.conf
        chown systemd-resolve: /run/systemd/resolve
        # With no way out it asks nobody.
        ip link add out type veth peer name far
        ip addr add 198.51.100.1/24 dev out
        ip link set out up
        ip link set far up
        begin resolved "$RESOLVED"
        expect 127.0.0.53 www.example.org 192.168.1.80
        ;;
    *) fail "no recipe $recipe" ;;
esac
