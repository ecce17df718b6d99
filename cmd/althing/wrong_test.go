package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestWrongCommands gives wrong command lines and compares the answers with those that are
// written in testdata/wrong. Each answer names what was given, says what is wanted or gives
// a command that helps, and has no inner words of Go or of the Cosmos SDK. With UPDATE=1 in
// the environment the answers are written anew, for a person to read.
func TestWrongCommands(t *testing.T) {
	for _, name := range []string{"words", "flags", "files", "network"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var places []string // names of things that differ from run to run, each before what it stands for
			if name == "network" {
				local := startPlainNetwork(t, 0.99, 1000)
				places = prepareWrongNetwork(t, local.Dir, local.RPC()[0])
			}
			file, err := filepath.Abs(filepath.Join("testdata", "wrong", name+".txt"))
			if err != nil {
				t.Fatal(err)
			}
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			prepareWrongFiles(t, dir)
			places = append(places, "$HERE", dir)
			var written strings.Builder
			for _, c := range wrongCommands(string(script)) {
				got := answerTo(t, strings.NewReplacer(places...).Replace(c.line), places)
				fmt.Fprintf(&written, "%s$ %s\n%s", c.comment, c.line, got)
				if os.Getenv("UPDATE") == "" && got != c.answer {
					t.Errorf("althing %s\ngot:\n%swant:\n%s", c.line, got, c.answer)
				}
				for _, wrong := range faultsOf(c.line, got, strings.NewReplacer(places...)) {
					t.Errorf("althing %s: %s:\n%s", c.line, wrong, got)
				}
			}
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, []byte(written.String()), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// wrongCommand is a command line without "althing", and its answer as lines that begin with
// "error: ", "hint: " or "note: ".
type wrongCommand struct{ comment, line, answer string }

// wrongCommands reads a file in which the line of each command begins with a dollar sign.
func wrongCommands(script string) (list []wrongCommand) {
	comment := ""
	for line := range strings.Lines(script) {
		switch command, is := strings.CutPrefix(line, "$ "); {
		case is:
			list = append(list, wrongCommand{comment: comment, line: strings.TrimSpace(command)})
			comment = ""
		case strings.HasPrefix(line, "#") || strings.TrimSpace(line) == "":
			comment += line
		default:
			list[len(list)-1].answer += line
		}
	}
	return list
}

// answerTo runs a command line, which must fail, and returns what it says on the error
// stream, with names in the place of addresses and folders that differ from run to run.
func answerTo(t *testing.T, line string, places []string) string {
	t.Helper()
	var out, stderr bytes.Buffer
	if code := run(t.Context(), shellWords(line), &out, &stderr); code != 1 {
		t.Errorf("althing %s: exit code %d, want 1\n%s%s", line, code, out.String(), stderr.String())
	}
	answer := strings.ReplaceAll(stderr.String(), "althing: ", "")
	back := slices.Clone(places)
	slices.Reverse(back)
	answer = strings.NewReplacer(back...).Replace(answer)
	answer = regexp.MustCompile(`althing1[a-z0-9]{38}`).ReplaceAllString(answer, "ACCOUNT")
	answer = regexp.MustCompile(`althing-\d{8}-\d{6}`).ReplaceAllString(answer, "CHAIN")
	answer = regexp.MustCompile(`127\.0\.0\.1:\d{4,5}`).ReplaceAllStringFunc(answer, func(address string) string {
		if "http://"+address == defaultRPC {
			return address
		}
		return "127.0.0.1:PORT"
	})
	answer = regexp.MustCompile(`\bnode \d{1,2}\b`).ReplaceAllStringFunc(answer, func(node string) string {
		if node == "node 99" { // there is none
			return node
		}
		return "node N" // nodes register in any order
	})
	return regexp.MustCompile(`\d+\.\d{4,6} THING`).ReplaceAllString(answer, "BALANCE")
}

// innerWords never reach a person.
func innerWords() []string {
	return []string{
		"strconv.", "arg(s)", "unknown shorthand", "unknown flag", "unknown command", "invalid argument", "required flag", "(sdk/", "codespace", "ttl",
		"timeout_timestamp", "path segment", "context canceled", "context deadline", "EOF", "dial tcp", "rpc error", " yaml:", " json:",
		"invalid character", "cannot unmarshal", "no such file or directory", "is a directory", "not a directory", "bech32", "uthing:", "spendable",
		"key not found", "failed to", "panic", "goroutine", "0x", "%!", "<nil>", "nil", ".go:", "[]", ": open ", "post failed", "unexpected", "abci",
	}
}

// wantedWords are words with which an error says what would be right, or what there is
// instead.
func wantedWords() []string {
	return []string{
		"want ", "wants ", "leave ", "add ", "fetch ", "save it", "names one of", "is not a", "is not where", "is neither", "must ", "not allowed", "can spend only",
		"belongs to", "there is no such", "no such ", "has no ", "the file has", "no rows", "did not find", "model refused", "in use by", "not jailed", "is busy",
		"which ", "not found", "is empty", "needs ", "is no home folder", "the file ends before", "it has the roles", "nothing is not sent", "has another", "control characters", "unknown field", "it ends too early", "have no ", "out of bounds", "is missing", "too small", "is active", "already",
	}
}

// faultsOf lists the rules that an answer breaks.
func faultsOf(line, answer string, places *strings.Replacer) (faults []string) {
	lines := strings.Split(strings.TrimSuffix(answer, "\n"), "\n")
	var failure, hint string
	for _, l := range lines {
		switch {
		case strings.HasPrefix(l, "error: "):
			failure += strings.TrimPrefix(l, "error: ") + "\n"
		case strings.HasPrefix(l, "hint: "):
			hint = strings.TrimPrefix(l, "hint: ")
		default:
			faults = append(faults, "a line is neither an error nor a hint")
		}
	}
	given := shellWords(line) // without the names of commands
	for c := rootOf(&session{}); len(given) > 0; given = given[1:] {
		next, _, err := c.Find(given[:1])
		if err != nil || next == c {
			break
		}
		c = next
	}
	named := regexp.MustCompile(`missing|got nothing|want either|want a line|this genesis|(task|node|data set|proposal|line) [\dN]|the (task|proposal) `).MatchString(failure)
	for _, word := range given {
		name, value, _ := strings.Cut(word, "=")
		named = named || word != "" && strings.Contains(failure, word) || value != "" && strings.Contains(failure, value) || len(name) > 2 && strings.Contains(failure, name)
	}
	if !named {
		faults = append(faults, "the error does not name what was given")
	}
	if hint == "" && !slices.ContainsFunc(wantedWords(), func(word string) bool { return strings.Contains(failure, word) }) {
		faults = append(faults, "the answer neither says what is wanted nor gives a hint")
	}
	for _, word := range innerWords() {
		if strings.Contains(failure, word) {
			faults = append(faults, fmt.Sprintf("the error has the inner word %q", word))
		}
	}
	if hint != "" {
		if hint == "althing "+line {
			faults = append(faults, "the hint is the command itself")
		}
		for part := range strings.SplitSeq(hint, " && ") {
			if err := parses(places.Replace(part)); err != nil {
				faults = append(faults, fmt.Sprintf("the hint cannot be pasted: %v", err))
			}
		}
	}
	return faults
}

// parses reports what is wrong with a command line that a hint gives, without running it.
func parses(hint string) error {
	hint, _, _ = strings.Cut(hint, " > ")
	words := shellWords(hint)
	if len(words) == 0 || words[0] != "althing" {
		return fmt.Errorf("%q does not begin with althing", hint)
	}
	s := &session{args: words[1:]}
	root := rootOf(s)
	c, rest, err := root.Find(words[1:])
	if err != nil {
		return err
	}
	if slices.Contains(rest, "--help") {
		rest = slices.DeleteFunc(rest, func(w string) bool { return w == "--help" })
		if len(rest) == 0 {
			return nil
		}
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if err := c.ValidateArgs(c.Flags().Args()); err != nil {
		return err
	}
	return complete(s, c)
}

// rootOf is the command tree with the help command, which is added when a command runs.
func rootOf(s *session) *cobra.Command {
	root := s.root()
	root.InitDefaultHelpCmd()
	return root
}

func complete(s *session, c *cobra.Command) error {
	if err := s.requireFlags(c); err != nil {
		return err
	}
	return s.checkRPC(c)
}

// shellWords splits a line as a shell does, with single quotes only.
func shellWords(line string) (words []string) {
	word, quoted, begun := "", false, false
	for _, r := range line {
		switch {
		case r == '\'':
			quoted, begun = !quoted, true
		case r == ' ' && !quoted:
			if begun {
				words = append(words, word)
			}
			word, begun = "", false
		default:
			word += string(r)
			begun = true
		}
	}
	if begun {
		words = append(words, word)
	}
	return words
}

// prepareWrongFiles makes a folder the current one and fills it with a network that does
// not run, in net, and with files that are wrong, in bad.
func prepareWrongFiles(t *testing.T, dir string) {
	t.Helper()
	t.Chdir(dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir)
	runCommand(t, 0, "localnet", "net", "--validators", "1", "--trainers", "2", "--aggregators", "1", "--evaluators", "1", "--port", "0")
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	task := read("net/task.yaml")
	write("task.yaml", task)
	write("rows.csv", "a,b,label\n1,2,0\n2,1,1\n3,5,0\n4,3,1\n")
	write("escrow.yaml", strings.Replace(task, "escrow: 1000000000", "escrow: 99000000000000", 1))
	for name, change := range map[string][2]string{
		"rate": {"rate: 0.3", "rate: fast"}, "rounds": {"rounds: 25", "rounds: -1"}, "unknown": {"rounds: 25", "round: 25"},
		"kind": {"kind: mlp", "kind: transformer"}, "deadline": {"train: 2m", "train: 2 minutes"}, "bool": {"overlap: true", "overlap: maybe"},
		"escrow": {"escrow: 1000000000", "escrow: 99999999999999999999999"}, "poor": {"escrow: 1000000000", "escrow: 1"},
	} {
		changed := strings.Replace(task, change[0], change[1], 1)
		if changed == task {
			t.Fatalf("the task file of a localnet does not say %q", change[0])
		}
		write("bad/"+name+".yaml", changed)
	}
	for name, text := range map[string]string{
		"short.yaml": "name: x\nmodel:\n  kind: mlp\n  inputs: 64\n", "syntax.yaml": "name: [x\n", "text.yaml": "just text\n", "empty.yaml": "", "list.yaml": "- a\n- b\n",
		"ragged.csv": "a,b\n1,2\n1\n", "empty.csv": "", "header.csv": "a,b,label\n", "binary": "\x00\xff\xfe\x01\x02", "quotes.csv": "a,label\n\"x,1\n",
		"cut.safetensors": "{\"header", "bare.safetensors": "\x08\x00\x00\x00\x00\x00\x00\x00{}      ", "evidence.json": "{\"task\": 1}",
	} {
		write("bad/"+name, text)
	}
	node := read("net/trainer-2/node.json")
	for name, change := range map[string][2]string{
		"home-cut": {node, `{"chain": `}, "home-empty": {node, ""}, "home-kind": {`"slots": 4`, `"slots": "four"`}, "home-field": {`"slots": 4`, `"slotz": 4`},
		"home-role": {"data-provider,trainer", "teacher"}, "home-chain": {`"chain": "`, `"chain": "other-`},
	} {
		if err := os.CopyFS("bad/"+name, os.DirFS("net/trainer-2")); err != nil {
			t.Fatal(err)
		}
		write("bad/"+name+"/node.json", strings.Replace(node, change[0], change[1], 1))
	}
	for name, key := range map[string]string{"home-keyless": "", "home-key": "{}", "home-key-text": "xx"} {
		if err := os.CopyFS("bad/"+name, os.DirFS("net/trainer-2")); err != nil {
			t.Fatal(err)
		}
		if key == "" {
			if err := os.Remove("bad/" + name + "/key.json"); err != nil {
				t.Fatal(err)
			}
		} else {
			write("bad/"+name+"/key.json", key)
		}
	}
	if err := os.Mkdir("bad/home-none", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("bad/home-validator", 0o700); err != nil {
		t.Fatal(err)
	}
	write("bad/home-validator/validator.json", "{\n\"rpc\": 7}")
}

// prepareWrongNetwork gives a network a task, a data set and a proposal, and returns the
// names that commands have for its parts, each before what it stands for.
func prepareWrongNetwork(t *testing.T, dir, rpc string) (places []string) {
	t.Helper()
	runCommand(t, 0, "task", "create", filepath.Join(dir, "task.yaml"), "--home", filepath.Join(dir, "consumer-1"))
	runCommand(t, 0, "data", "register", filepath.Join(dir, "trainer-1", "rows.csv"), "--epsilon", "8", "--home", filepath.Join(dir, "trainer-1"))
	out, _ := runCommand(t, 0, "node", "show", "--json", "--home", filepath.Join(dir, "evaluator-1"))
	payee := regexp.MustCompile(`althing1[a-z0-9]{38}`).FindString(out)
	file := filepath.Join(t.TempDir(), "proposal.yaml")
	if err := os.WriteFile(file, []byte("title: t\nsummary: s\nactions: [text: Cards shall be written.]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	runCommand(t, 0, "proposal", "submit", file, "--home", filepath.Join(dir, "consumer-1"))
	return []string{"$NET", dir, "$RPC", rpc, "$PAYEE", payee}
}
