package policies

// cases are policies of the namespace one, and the rules that the pod a,
// 10.0.0.1, has by them; nil is a direction in which it is not isolated.
var cases = map[string]struct {
	spec            string
	ingress, egress []string
}{
	"all is shut": {
		spec:    `{podSelector: {}, policyTypes: [Ingress, Egress]}`,
		ingress: []string{refuse},
		egress:  []string{refuse},
	},
	"all is open": {
		spec:    `{podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}], egress: [{}]}`,
		ingress: []string{"return", refuse},
		egress:  []string{"return", refuse},
	},
	"types that are not named": {
		spec:    `{podSelector: {}, egress: [{}]}`,
		ingress: []string{refuse},
		egress:  []string{"return", refuse},
	},
	"pods of the same namespace": {
		spec:    `{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: b}}}]}]}`,
		ingress: []string{"ip saddr {10.0.0.2} return", refuse},
	},
	"pods that are called alike elsewhere": {
		spec:    `{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: c}}}]}]}`,
		ingress: []string{refuse},
	},
	"all pods of a namespace": {
		spec:   `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {name: two}}}]}]}`,
		egress: []string{"ip daddr {10.0.0.3} return", refuse},
	},
	"some pods of all namespaces": {
		spec: `
podSelector: {matchExpressions: [{key: app, operator: In, values: [a]}]}
policyTypes: [Ingress]
ingress: [{from: [{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [a]}]}}]}]`,
		ingress: []string{"ip saddr {10.0.0.2, 10.0.0.3} return", refuse},
	},
	"several peers of one rule": {
		spec: `
podSelector: {}
policyTypes: [Ingress]
ingress: [{from: [{podSelector: {matchLabels: {app: b}}}, {namespaceSelector: {matchLabels: {name: two}}}, {ipBlock: {cidr: 192.0.2.0/24}}]}]`,
		ingress: []string{"ip saddr 192.0.2.0/24 return", "ip saddr {10.0.0.2, 10.0.0.3} return", refuse},
	},
	"a range with exceptions": {
		spec: `
podSelector: {}
policyTypes: [Egress]
egress: [{to: [{ipBlock: {cidr: 10.1.2.3/8, except: [10.1.0.0/16, 10.2.0.0/16]}}]}]`,
		egress: []string{"ip daddr 10.0.0.0/8 ip daddr != 10.1.0.0/16 ip daddr != 10.2.0.0/16 return", refuse},
	},
	"every address but some": {
		spec:   `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [169.254.0.0/16]}}]}]}`,
		egress: []string{"ip daddr != 169.254.0.0/16 return", refuse},
	},
	"addresses of IPv6, which no pod has": {
		spec:   `{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: "::/0"}}]}]}`,
		egress: []string{refuse},
	},
	"ports": {
		spec: `
podSelector: {}
policyTypes: [Egress]
egress: [{ports: [{port: 53, protocol: UDP}, {port: 80}, {port: 5000, endPort: 5010, protocol: SCTP}, {protocol: UDP}]}]`,
		egress: []string{
			"udp dport 53 return", "tcp dport 80 return", "sctp dport 5000-5010 return", "meta l4proto udp return", refuse,
		},
	},
	"peers and ports": {
		spec: `
podSelector: {}
policyTypes: [Ingress]
ingress: [{from: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: 80}, {port: 81}]}]`,
		ingress: []string{"ip saddr {10.0.0.2} tcp dport 80 return", "ip saddr {10.0.0.2} tcp dport 81 return", refuse},
	},
	"a port by the name that the selected pods give it": {
		spec:    `{podSelector: {matchLabels: {app: a}}, policyTypes: [Ingress], ingress: [{ports: [{port: http}]}]}`,
		ingress: []string{"ip daddr . meta l4proto . th dport {10.0.0.1 . tcp . 8000} return", refuse},
	},
	"a port by the name that the peers give it": {
		spec: `
podSelector: {matchLabels: {app: a}}
policyTypes: [Egress]
egress: [{to: [{podSelector: {matchLabels: {app: b}}}], ports: [{port: http}]}]`,
		egress: []string{
			"ip daddr {10.0.0.2} ip daddr . meta l4proto . th dport " +
				"{10.0.0.1 . tcp . 8000, 10.0.0.2 . tcp . 8000, 10.0.0.3 . tcp . 8000} return",
			refuse,
		},
	},
	"a port by a name that nobody has": {
		spec:   `{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http, protocol: UDP}, {port: other}]}]}`,
		egress: []string{refuse},
	},
}
