package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/althing-network/althing/model"
	"github.com/althing-network/althing/spec"
)

// torch is the lines of Python that load a model file into PyTorch and predict with it.
// They take rows as the schema of the file names them, and bring them to scale as it says;
// without a schema they take a tensor of inputs. The file is read where it lies.
func torch(path string, f model.File) (string, error) {
	stages, err := f.Model.Stages()
	if err != nil {
		return "", err
	}
	schema := f.Data.Schema
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("import json, torch")
	say("from safetensors import safe_open")
	say("from torch import nn")
	say("with safe_open(%q, \"pt\") as f:", path)
	say("    file = {name: f.get_tensor(name) for name in f.keys()}")
	if !schema.IsZero() {
		say("    rows = json.loads(f.metadata()[\"rows\"])")
	}
	b.WriteString(sequential(f.Model, stages))
	say("net.load_state_dict({name: file[\"layers.%%d.%%s\" %% (i // 2, name.split(\".\")[1])]")
	say("    for i, name in enumerate(net.state_dict())})")
	if schema.IsZero() {
		say("def predict(x):  # rows of %d inputs each, float32", f.Model.Inputs)
	} else {
		encoding(say, schema)
		say("def predict(table):  # rows as csv.DictReader gives them, by their columns")
		say("    x = torch.tensor([inputs(row) for row in table])")
	}
	scaling(say, f, schema)
	switch {
	case !f.Model.Regression():
		chosen := "net(x).argmax(1)"
		if schema.IsZero() {
			say("    return %s.tolist()", chosen)
		} else {
			say("    return [rows[\"classes\"][i] for i in %s]", chosen)
		}
	case f.Scale.IsZero():
		say("    return net(x)[:, 0].tolist()")
	default:
		say("    y = net(x)[:, 0].double() * file[\"rows.width\"][-1] + file[\"rows.shift\"][-1]")
		say("    return y.float().tolist()")
	}
	return b.String(), nil
}

// sequential is the model as PyTorch has it, wrapped to 80 columns.
func sequential(m spec.Model, stages []spec.Stage) string {
	var modules []string
	image := m.Image
	if image != (spec.Image{}) {
		modules = append(modules, fmt.Sprintf("nn.Unflatten(1, (%d, %d, %d))", image.Channels, image.Height, image.Width))
	}
	for _, s := range stages {
		l := s.Layer
		switch l.Kind {
		case spec.LayerDense:
			if image != (spec.Image{}) {
				modules = append(modules, "nn.Flatten()")
				image = spec.Image{}
			}
			modules = append(modules, fmt.Sprintf("nn.Linear(%d, %d)", s.In.Values(), l.Out))
		case spec.LayerConv2D:
			modules = append(modules, fmt.Sprintf("nn.Conv2d(%d, %d, %d, stride=%d, padding=%d)", s.In.Channels, l.Out, l.Kernel, l.Stride, l.Padding))
		case spec.LayerMaxPool:
			modules = append(modules, fmt.Sprintf("nn.MaxPool2d(%d)", l.Size))
		case spec.LayerReLU:
			modules = append(modules, "nn.ReLU()")
		case spec.LayerDropout:
			modules = append(modules, fmt.Sprintf("nn.Dropout(%s)", l.Rate))
		}
	}
	if image != (spec.Image{}) {
		modules = append(modules, "nn.Flatten()")
	}
	const columns = 80
	line, text := "net = nn.Sequential(", ""
	for i, module := range modules {
		module += ", "
		if i == len(modules)-1 {
			module = strings.TrimSuffix(module, ", ") + ").eval()"
		}
		if len(line)+len(module) > columns+1 {
			text += strings.TrimRight(line, " ") + "\n"
			line = "    "
		}
		line += module
	}
	return text + line + "\n"
}

// encoding is how a row of cells becomes inputs, as package data does it.
func encoding(say func(string, ...any), s spec.Schema) {
	number := func(c spec.Column) bool { return c.Kind == spec.ColumnNumber }
	say("MISSING = (\"\", \"NA\", \"N/A\", \"NaN\", \"nan\", \"null\", \"?\")")
	alike := "cell == value"
	if slices.ContainsFunc(s.Columns, func(c spec.Column) bool { return slices.ContainsFunc(c.Values, numeric) }) {
		alike = "same(cell, value)"
		say("def same(cell, value):  # 1 and 1.0 are one value")
		say("    try:")
		say("        return float(cell) == float(value)")
		say("    except ValueError:")
		say("        return cell == value")
	}
	say("def inputs(row):")
	say("    x = []")
	say("    for c in rows[\"columns\"]:")
	say("        cell = row[c[\"name\"]].strip()")
	if !slices.ContainsFunc(s.Columns, func(c spec.Column) bool { return !number(c) }) {
		say("        x.append(%s)", clamped(s))
		say("    return x")
		return
	}
	say("        if \"values\" in c:")
	say("            x += [float(%s) for value in c[\"values\"]]", alike)
	if slices.ContainsFunc(s.Columns, number) {
		say("        else:")
		say("            x.append(%s)", clamped(s))
	}
	say("    return x")
}

// numeric reports whether a value of a category is written as a number.
func numeric(value string) bool {
	_, err := strconv.ParseFloat(value, 32)
	return err == nil
}

// clamped is a number in its bounds, where the schema states them for one.
func clamped(s spec.Schema) string {
	const number = `float("nan" if cell in MISSING else cell)`
	if !slices.ContainsFunc(s.Columns, func(c spec.Column) bool { return c.Min != "" }) {
		return number
	}
	return `min(max(` + number + `, float(c.get("min", "-inf"))), float(c.get("max", "inf")))`
}

// scaling brings the inputs x to scale, as [model.Scaler] does.
func scaling(say func(string, ...any), f model.File, s spec.Schema) {
	if f.Scale.IsZero() {
		return
	}
	if len(f.Scale.Missing) > 0 {
		say("    x = torch.where(x.isnan(), file[\"rows.missing\"], x)")
	}
	n := s.Inputs()
	say("    x = (x.double() - file[\"rows.shift\"][:%d]) / file[\"rows.width\"][:%d]", n, n)
	say("    x = x.float()")
}
