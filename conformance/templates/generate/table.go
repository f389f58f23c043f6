package main

import (
	"fmt"
	"io"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// table collects every type that can be reached from the kinds.
type table struct {
	rows map[string]string
	todo []reflect.Type
}

// special types have a JSON form of their own; the reader of the table knows them by name.
var special = map[string]string{
	"intstr.IntOrString":   "intstr",
	"meta/v1.FieldsV1":     "raw",
	"meta/v1.MicroTime":    "time",
	"meta/v1.Time":         "time",
	"resource.Quantity":    "quantity",
	"runtime.RawExtension": "raw",
}

// writeTable prints the rows, one type after the other, each field on a line of its own.
func writeTable(w io.Writer) {
	t := table{rows: map[string]string{}}
	fmt.Fprintln(w, "# Go types behind the kinds that templates are executed on. Written by conformance/templates/generate.")
	fmt.Fprintln(w, "# kind API-VERSION KIND TYPE; type TYPE UNDERLYING [FLAGS]; below a struct: NAME JSON TYPE.")
	fmt.Fprintln(w, "# JSON: = is NAME with a small first letter; then marks: e embedded, i inline, o omitempty, z omitzero.")
	fmt.Fprintln(w, "# FLAGS: s String on the value, p String on the pointer, g a getter for each field; zero= is what zero prints.")
	for _, k := range kinds {
		typ := reflect.TypeOf(k.make()).Elem()
		fmt.Fprintf(w, "kind %s %s %s\n", k.apiVersion, k.name, t.name(typ))
	}
	// What the method GroupVersionKind returns.
	t.name(reflect.TypeFor[schema.GroupVersionKind]())
	for len(t.todo) > 0 {
		typ := t.todo[0]
		t.todo = t.todo[1:]
		t.describe(typ)
	}
	names := make([]string, 0, len(t.rows))
	for name := range t.rows {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		fmt.Fprint(w, t.rows[name])
	}
}

// name is the expression for a type; named types met for the first time are queued.
func (t *table) name(typ reflect.Type) string {
	if typ.PkgPath() != "" {
		parts := strings.Split(typ.PkgPath(), "/")
		last := parts[len(parts)-1]
		if len(parts) > 1 && strings.HasPrefix(last, "v1") {
			owner := parts[len(parts)-2]
			if owner == "apis" {
				owner = "gateway"
			}
			if strings.HasPrefix(typ.PkgPath(), "istio.io/api/") {
				owner = "istio-api"
			} else if strings.HasPrefix(typ.PkgPath(), "istio.io/") {
				owner = "istio"
			}
			last = owner + "/" + last
		}
		name := last + "." + typ.Name()
		if _, known := t.rows[name]; !known {
			t.rows[name] = ""
			t.todo = append(t.todo, typ)
		}
		return name
	}
	switch typ.Kind() {
	case reflect.Pointer:
		return "*" + t.name(typ.Elem())
	case reflect.Slice:
		return "[]" + t.name(typ.Elem())
	case reflect.Map:
		return "map[" + t.name(typ.Key()) + "]" + t.name(typ.Elem())
	case reflect.Interface:
		return "any"
	case reflect.Struct:
		return "any"
	}
	return typ.String()
}

func (t *table) describe(typ reflect.Type) {
	name := t.name(typ)
	flags := ""
	stringer := reflect.TypeFor[fmt.Stringer]()
	switch {
	case typ.Implements(stringer):
		flags += "s"
	case reflect.PointerTo(typ).Implements(stringer):
		flags += "p"
	}
	var fields strings.Builder
	under := ""
	switch {
	case special[name] != "":
		under = special[name]
	case typ.Kind() == reflect.Struct:
		under = "struct"
		for i := 0; i < typ.NumField(); i++ {
			field := typ.Field(i)
			if !field.IsExported() {
				continue
			}
			if i < 6 && !strings.Contains(flags, "g") {
				if _, ok := reflect.PointerTo(typ).MethodByName("Get" + field.Name); ok && field.Tag.Get("protobuf") != "" && strings.Contains(name, "istio-api") {
					flags += "g"
				}
			}
			fmt.Fprintf(&fields, " %s %s %s\n", field.Name, jsonName(field), t.name(field.Type))
		}
	case typ.Kind() == reflect.Interface:
		under = "any"
	case typ.Kind() == reflect.Map:
		under = "map[" + t.name(typ.Key()) + "]" + t.name(typ.Elem())
	case typ.Kind() == reflect.Slice:
		under = "[]" + t.name(typ.Elem())
	case typ.Kind() == reflect.Pointer:
		under = "*" + t.name(typ.Elem())
	default:
		under = typ.Kind().String()
	}
	if typ.Kind() == reflect.Int32 && flags == "s" {
		flags += fmt.Sprintf(" zero=%v", reflect.Zero(typ).Interface())
	}
	if name == "intstr.IntOrString" {
		t.name(typ.Field(0).Type)
	}
	if flags != "" {
		flags = " " + flags
	}
	t.rows[name] = fmt.Sprintf("type %s %s%s\n%s", name, under, flags, fields.String())
}

func jsonName(field reflect.StructField) string {
	name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	marks := ""
	if field.Anonymous {
		marks += "e"
		if name == "" {
			marks += "i"
		}
	}
	if strings.Contains(options, "inline") && !strings.Contains(marks, "i") {
		marks += "i"
	}
	if strings.Contains(options, "omitempty") {
		marks += "o"
	}
	if strings.Contains(options, "omitzero") {
		marks += "z"
	}
	// Messages of protocol buffers have a JSON form of their own, with names from another tag.
	if protobuf := field.Tag.Get("protobuf"); strings.Contains(protobuf, ",proto3") {
		for _, part := range strings.Split(protobuf, ",") {
			if key, value, _ := strings.Cut(part, "="); key == "json" || key == "name" {
				name = value
			}
		}
	}
	if name == strings.ToLower(field.Name[:1])+field.Name[1:] {
		name = "="
	}
	if name == "" && !strings.Contains(marks, "i") {
		name = field.Name
	}
	return name + "," + marks
}
