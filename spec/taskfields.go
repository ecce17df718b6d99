package spec

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// misfit finds the first field of a task file that is unknown, appears twice or has another
// type than the field of t with that name. The decoder alone accepts too much: it reads
// 3.7 trainers as 3, 010 as 8 and an empty value as the default.
func (t TaskSpec) misfit(root *yaml.Node) *FieldError {
	return misfit(root, reflect.TypeOf(t), "")
}

func misfit(node *yaml.Node, want reflect.Type, field string) *FieldError {
	wrong := func(format string, words ...any) *FieldError {
		return &FieldError{Field: field, Line: node.Line, Why: fmt.Sprintf(format, words...)}
	}
	unread := func(err error) *FieldError { // by a parser whose error begins with the value in quotes
		quoted := fmt.Sprintf("%.64q", node.Value)
		return &FieldError{Field: field, Given: quoted, Line: node.Line, Why: strings.TrimPrefix(err.Error(), quoted+": ")}
	}
	wanted := func(format string, words ...any) *FieldError {
		return &FieldError{Field: field, Given: given(node), Line: node.Line, Why: fmt.Sprintf(format, words...)}
	}
	if want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	switch {
	case node.Kind == yaml.AliasNode || node.Anchor != "":
		return wrong("anchors and aliases are not supported: write the value out")
	case node.ShortTag() == "!!null":
		return wrong("empty: give it a value or leave it out")
	case want.Kind() == reflect.Struct && node.Kind != yaml.MappingNode:
		return wrong("want fields, as in %q", fieldNames(want)[0]+": ...")
	case want.Kind() == reflect.Struct:
		return misfitFields(node, want, field)
	case want == reflect.TypeFor[Settings]():
		return misfitSettings(node, field)
	case want.Kind() == reflect.Slice && node.Kind != yaml.SequenceNode && want.Elem().Kind() == reflect.Struct:
		return wrong("want a list, as in %q", "[{"+fieldNames(want.Elem())[0]+": ...}]")
	case want.Kind() == reflect.Slice && node.Kind != yaml.SequenceNode && want.Elem().Kind() == reflect.String:
		return wrong("want a list, as in [althing1..., althing1...]")
	case want.Kind() == reflect.Slice && node.Kind != yaml.SequenceNode:
		return wrong("want a list, as in [64, 32]")
	case want.Kind() == reflect.Slice:
		for _, item := range node.Content {
			if err := misfit(item, want.Elem(), field); err != nil {
				return err
			}
		}
		return nil
	case node.Kind != yaml.ScalarNode:
		return wrong("want one value")
	case want == reflect.TypeFor[PPM]():
		if _, err := ParsePPM(node.Value); err != nil {
			return unread(err)
		}
	case want == reflect.TypeFor[Amount]():
		if _, err := ParseThing(node.Value); err != nil {
			return unread(err)
		}
	case want == reflect.TypeFor[Digest]():
		if _, err := ParseDigest(node.Value); err != nil {
			return wanted("want %d hexadecimal digits", 2*len(Digest{}))
		}
	case want == reflect.TypeFor[Duration]():
		if _, err := ParseDuration(node.Value); err != nil {
			return unread(err)
		}
	case want.Kind() == reflect.Bool:
		if node.ShortTag() != "!!bool" {
			return wanted("want true or false")
		}
	case want.Kind() != reflect.String && !whole(node, want.Bits()):
		return wanted("want a whole number from 0 to %d, without quotes, leading zeros or an exponent", ^uint64(0)>>(64-want.Bits()))
	}
	return nil
}

func misfitFields(node *yaml.Node, want reflect.Type, field string) *FieldError {
	names, seen := fieldNames(want), map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		path := strings.TrimPrefix(field+"."+key.Value, ".")
		if seen[key.Value] {
			return &FieldError{Field: path, Line: key.Line, Why: "appears twice: want it once"}
		}
		seen[key.Value] = true
		known := false
		for wanted := range want.Fields() {
			if fileName(wanted) != key.Value || key.Value == notInFiles {
				continue
			}
			known = true
			if err := misfit(value, wanted.Type, path); err != nil {
				return err
			}
		}
		if !known {
			return &FieldError{Field: path, Line: key.Line, Why: "unknown field: want one of " + strings.Join(names, ", ")}
		}
	}
	return nil
}

// misfitSettings wants one value for each name. Which names and which values are valid
// depends on the other fields of the action; [Settings] checks that.
func misfitSettings(node *yaml.Node, field string) *FieldError {
	if node.Kind != yaml.MappingNode {
		return &FieldError{Field: field, Line: node.Line, Why: "want names with values, as in {training.rate: 0.05}"}
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if err := misfit(node.Content[i], reflect.TypeFor[string](), field); err != nil {
			return err
		}
		if err := misfit(node.Content[i+1], reflect.TypeFor[string](), field+"."+node.Content[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// fieldNamesOf lists the fields of a type that a file may have.
func fieldNamesOf[T any]() []string { return fieldNames(reflect.TypeFor[T]()) }

// fieldNames lists the fields of a struct as a file names them, in their order.
func fieldNames(of reflect.Type) (names []string) {
	for field := range of.Fields() {
		if name := fileName(field); name != notInFiles {
			names = append(names, name)
		}
	}
	return names
}

// notInFiles is the yaml tag of a field that files may not have.
const notInFiles = "-"

func fileName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
	return name
}

// whole reports whether a value is a whole number that fits into so many bits. 1_000 is
// one, 010 is not.
func whole(node *yaml.Node, bits int) bool {
	text := strings.ReplaceAll(node.Value, "_", "")
	_, err := strconv.ParseUint(text, 10, bits)
	return node.ShortTag() == "!!int" && err == nil && (text == "0" || text[0] != '0')
}
