package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/template"

	meta "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

// result is one line of cases.jsonl: what a template gives for an object, by Go's own engine.
type result struct {
	Template string  `json:"template"`
	Object   string  `json:"object"`
	Output   *string `json:"output,omitempty"`
	Error    bool    `json:"error,omitempty"`
}

// untyped is the shape in which objects without a Go type are executed on.
type untyped struct {
	*meta.Unstructured
	Name, Namespace, Kind, APIVersion string
	Labels, Annotations               map[string]string
	Metadata, Spec, Status            map[string]any
}

// plain is the shape of the second try.
type plain struct {
	Name, Namespace, Kind, APIVersion string
	Labels, Annotations               map[string]string
	Metadata, Spec, Status, Object    map[string]any
}

// writeCases executes each template of templates.txt and random.txt on its objects.
func writeCases(w io.Writer, folder string) error {
	text, err := os.ReadFile(folder + "/objects.json")
	if err != nil {
		return err
	}
	manifests := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &manifests); err != nil {
		return err
	}
	var lines []string
	for _, file := range []string{"templates.txt", "random.txt"} {
		text, err := os.ReadFile(folder + "/" + file)
		if err != nil {
			return err
		}
		lines = append(lines, slices.Collect(strings.Lines(string(text)))...)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	var names []string
	for _, line := range lines {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		if selected, ok := strings.CutPrefix(line, "@"); ok {
			names = strings.Fields(selected)
			continue
		}
		source := strings.ReplaceAll(line, "⏎", "\n")
		for _, name := range names {
			output, err := evaluate(source, name, manifests[name])
			if address.MatchString(output) {
				return fmt.Errorf("%q on %s prints an address", source, name)
			}
			row := result{Template: source, Object: name, Output: &output}
			if err != nil {
				row.Output, row.Error = nil, true
			}
			if err := encoder.Encode(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// address is what Go prints of a pointer, which is another each time.
var address = regexp.MustCompile("0x[0-9a-f]{8,}")

// evaluate parses and executes as external-dns does: on the typed object, else on its JSON.
func evaluate(source, name string, manifest []byte) (string, error) {
	base := template.Must(template.New("endpoint").Funcs(functions(name)).Parse(""))
	parsed, err := base.Parse(source)
	if err != nil {
		return "", err
	}
	typed, second, err := shapes(manifest)
	if err != nil {
		panic(err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, typed); err == nil {
		return out.String(), nil
	}
	out.Reset()
	err = parsed.Option("missingkey=error").Execute(&out, second)
	return out.String(), err
}

// shapes reads a manifest as its Go type, or as JSON if it has none, and prepares the second try.
func shapes(manifest []byte) (any, *plain, error) {
	var head struct{ APIVersion, Kind string }
	if err := json.Unmarshal(manifest, &head); err != nil {
		return nil, nil, err
	}
	for _, kind := range kinds {
		if kind.apiVersion != head.APIVersion || kind.name != head.Kind {
			continue
		}
		typed := kind.make()
		if err := json.Unmarshal(manifest, typed); err != nil {
			return nil, nil, err
		}
		raw, err := runtime.DefaultUnstructuredConverter.ToUnstructured(typed)
		if err != nil {
			return nil, nil, err
		}
		second := sections(raw)
		second.Name, second.Namespace = typed.GetName(), typed.GetNamespace()
		second.Labels, second.Annotations = typed.GetLabels(), typed.GetAnnotations()
		second.Kind, second.APIVersion = head.Kind, head.APIVersion
		return typed, second, nil
	}
	object := &meta.Unstructured{}
	if err := object.UnmarshalJSON(manifest); err != nil {
		return nil, nil, err
	}
	second := sections(object.Object)
	second.Name, second.Namespace = object.GetName(), object.GetNamespace()
	second.Labels, second.Annotations = object.GetLabels(), object.GetAnnotations()
	second.Kind, second.APIVersion = head.Kind, head.APIVersion
	return &untyped{
		Unstructured: object, Name: second.Name, Namespace: second.Namespace,
		Kind: head.Kind, APIVersion: head.APIVersion,
		Labels: second.Labels, Annotations: second.Annotations,
		Metadata: second.Metadata, Spec: aliased(second.Spec), Status: aliased(second.Status),
	}, second, nil
}

func sections(raw map[string]any) *plain {
	section := func(name string) map[string]any {
		found, _ := raw[name].(map[string]any)
		return found
	}
	return &plain{
		Metadata: section("metadata"), Spec: section("spec"), Status: section("status"), Object: raw,
	}
}

// aliased adds Go's spelling of each key; the few words in capitals that the objects here have.
func aliased(section map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range section {
		out[key] = value
		alias := strings.ToUpper(key[:1]) + key[1:]
		switch {
		case strings.HasPrefix(key, "dnsN"):
			alias = "DNS" + key[3:]
		case key == "url":
			alias = "URL"
		}
		out[alias] = value
	}
	return out
}

// functions are external-dns's own, for a source that has the name of the object's kind.
func functions(object string) template.FuncMap {
	active, _, _ := strings.Cut(object, "-")
	is := func(want func(netip.Addr) bool) func(string) bool {
		return func(text string) bool {
			address, err := netip.ParseAddr(text)
			return err == nil && want(address)
		}
	}
	return template.FuncMap{
		"contains":   strings.Contains,
		"trimPrefix": strings.TrimPrefix,
		"trimSuffix": strings.TrimSuffix,
		"trim":       strings.TrimSpace,
		"toLower":    strings.ToLower,
		"replace":    func(old, by, text string) string { return strings.ReplaceAll(text, old, by) },
		"isIPv4":     is(netip.Addr.Is4),
		"isIPv6":     is(netip.Addr.Is6),
		"isSource": func(name string) (bool, error) {
			if !slices.Contains([]string{"service", "node", "pod", "ingress"}, strings.ToLower(name)) {
				return false, fmt.Errorf("there is no source %q", name)
			}
			return strings.EqualFold(name, active), nil
		},
		"hasKey": func(texts map[string]string, key string) bool {
			_, found := texts[key]
			return found
		},
		"fromJson": func(text string) any {
			var value any
			if json.Unmarshal([]byte(text), &value) != nil {
				return nil
			}
			return value
		},
	}
}
