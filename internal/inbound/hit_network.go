package inbound

import "net/netip"

// gateways are networks from which security services of mail fetch what letters refer
// to, as they publish them for firewalls and SPF. Nobody reads letters there. Proxies
// that people browse through (Zscaler, iCloud Private Relay, clouds) are not among them.
var gateways = []struct {
	network netip.Prefix
	name    string
}{
	{netip.MustParsePrefix("209.222.80.0/21"), "Barracuda"},
	{netip.MustParsePrefix("64.235.144.0/20"), "Barracuda"},
	{netip.MustParsePrefix("205.139.110.0/24"), "Mimecast"},
	{netip.MustParsePrefix("207.211.30.0/24"), "Mimecast"},
	{netip.MustParsePrefix("67.231.144.0/20"), "Proofpoint"},
	{netip.MustParsePrefix("148.163.128.0/19"), "Proofpoint"},
	{netip.MustParsePrefix("40.92.0.0/15"), "Microsoft's mail protection"},
	{netip.MustParsePrefix("40.94.0.0/16"), "Microsoft's mail protection"}, // Safe Links
	{netip.MustParsePrefix("40.107.0.0/16"), "Microsoft's mail protection"},
	{netip.MustParsePrefix("52.100.0.0/14"), "Microsoft's mail protection"},
	{netip.MustParsePrefix("104.47.0.0/17"), "Microsoft's mail protection"},
	{netip.MustParsePrefix("67.219.240.0/20"), "Symantec"},
	{netip.MustParsePrefix("85.158.136.0/21"), "Symantec"},
	{netip.MustParsePrefix("184.94.240.0/20"), "Cisco"},
	{netip.MustParsePrefix("150.70.0.0/16"), "Trend Micro"},
}

// gatewayOf is whose scanner's network a hit came from; ” for nobody's.
func gatewayOf(network string) string {
	prefix, err := netip.ParsePrefix(network)
	if err != nil {
		return ""
	}
	for i := range gateways {
		if gateways[i].network.Contains(prefix.Addr()) {
			return gateways[i].name
		}
	}
	return ""
}
