package main

import (
	istio "istio.io/client-go/pkg/apis/networking/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	gatewayalpha "sigs.k8s.io/gateway-api/apis/v1alpha2"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// object is what templates are executed on.
type object interface {
	runtime.Object
	meta.Object
}

// kind is one row of the table: the API version and kind of manifests, and the Go type behind them.
type kind struct {
	apiVersion string
	name       string
	make       func() object
}

var kinds = []kind{
	{"v1", "Node", func() object { return &core.Node{} }},
	{"v1", "Pod", func() object { return &core.Pod{} }},
	{"v1", "Service", func() object { return &core.Service{} }},
	{"networking.k8s.io/v1", "Ingress", func() object { return &networking.Ingress{} }},
	{"gateway.networking.k8s.io/v1", "GRPCRoute", func() object { return &gateway.GRPCRoute{} }},
	{"gateway.networking.k8s.io/v1", "Gateway", func() object { return &gateway.Gateway{} }},
	{"gateway.networking.k8s.io/v1", "HTTPRoute", func() object { return &gateway.HTTPRoute{} }},
	{"gateway.networking.k8s.io/v1", "ListenerSet", func() object { return &gateway.ListenerSet{} }},
	{"gateway.networking.k8s.io/v1", "TLSRoute", func() object { return &gateway.TLSRoute{} }},
	{"gateway.networking.k8s.io/v1alpha2", "TCPRoute", func() object { return &gatewayalpha.TCPRoute{} }},
	{"gateway.networking.k8s.io/v1alpha2", "UDPRoute", func() object { return &gatewayalpha.UDPRoute{} }},
	{"networking.istio.io/v1", "Gateway", func() object { return &istio.Gateway{} }},
	{"networking.istio.io/v1", "VirtualService", func() object { return &istio.VirtualService{} }},
}
