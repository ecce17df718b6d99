package settings

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/althing-network/althing/privacy/cost"
	"github.com/althing-network/althing/spec"
)

// Bounds of the fields of node.json and validator.json.
const (
	MaxPause    = time.Hour       // between two blocks, and between two checks of what a peer lacks
	MinCache    = spec.MiB        // of state in memory
	MaxCache    = spec.TiB        //
	MinKeep     = 100             // heights: clients look for a transaction in the blocks of a minute
	MaxKeep     = 1_000_000_000   // heights
	MaxHandouts = 1000            // of the faucet, per hour; it remembers each of them for an hour
	MaxHandout  = spec.MaxEscrow  // uthing, of the faucet to one address
	MaxWarnFree = 1024 * spec.TiB // of free disk space
	MaxDisk     = 1024 * spec.TiB // of blobs
	MaxClasses  = math.MaxInt32   // labels of the rows of a file
)

// Node lists the fields of node.json.
func Node() List {
	list := List{
		{"chain", "", "the id of the chain, as its genesis has it", "The chain that the node takes part in. A chain with another id is refused."},
		{"name", "", "1 to 64 bytes of printable text", "The node's name for people. It is public."},
		{"roles", "", "some of " + words(spec.Roles()) + ", with commas between them", "What the node may be asked to do."},
		{"rpc", "", `a list of addresses such as ["http://127.0.0.1:26657"]`, "RPC addresses of validators. The node asks the first, and the next one if that does not answer."},
		{"listen", "", "an address host:port such as 0.0.0.0:26700", "Where the node serves blobs: models, states and updates. Aggregators need it; a node without it serves none."},
		{"endpoint", "https://LISTEN", "a URL https://host:port that others can reach", "Where others reach the node's blob interface. It differs from `listen` behind a router or a proxy."},
		{"stake_uthing", "0", fmt.Sprintf("a whole number of uthing from 0 to %d", spec.MaxEscrow), "Stake that is locked when the node registers. Later it changes by `althing node stake` and `althing node unbond` only. With 0 the node applies and waits for a stake."},
		{"slots", "1", fmt.Sprintf("a whole number from 0 to %d; 0 counts as 1", spec.MaxSlots), "Tasks that the node serves at the same time."},
	}
	list = append(list, resources("resources", "that the node offers.")...)
	list = append(list, List{
		{"claimed_accuracy", "0", "a number from 0 to 1", "Accuracy that the node claims for its models, until a finished task has measured it."},
		{"capabilities", "[]", fmt.Sprintf("a list of at most %d objects", spec.MaxCapabilities), "Kinds of work that the node takes on."},
		{"capabilities.kind", "", "1 to 64 bytes of printable text", "Name of a kind of work, as tasks ask for it. No name may occur twice."},
	}...)
	list = append(list, resources("capabilities.needs", "that the kind of work takes.")...)
	list = append(list, List{
		{"policy.sole_aggregator", "false", "true or false", "Whether the node trains for a task with one aggregator. A single aggregator could claim that an update never came."},
		{"policy.min_aggregators", "0", fmt.Sprintf("a whole number from 0 to %d", spec.MaxCommittee), "Aggregators that a task must have."},
		{"policy.min_pay_uthing", "0", fmt.Sprintf("a whole number of uthing from 0 to %d", spec.MaxEscrow), "What one round must pay for the node's part."},
		{"policy.min_train_deadline", "0s", fmt.Sprintf("a time with its unit from 0s to %s, such as 2m", spec.MaxDuration), "Time that a task must leave for training."},
		{"policy.owners", "[]", "a list of addresses of accounts", "Accounts whose tasks the node serves; an empty list: all."},
		{"policy.datasets", "[]", "a list of names of data sets", "Data sets for which the node serves tasks; an empty list: all."},
		{"data.name", "", "1 to 64 bytes of printable text", "Name of the data set, as tasks ask for it. Trainers and evaluators need it."},
		{"data.file", "", "the path of a file or a folder", "The node's rows: CSV, Parquet or NPZ, or a folder of IDX files. A relative path begins at the home folder. No interface shows the rows to anybody. Trainers and evaluators need it."},
		{"data.classes", "0", fmt.Sprintf("0, or a whole number from 2 to %d", MaxClasses), "Number of classes, for rows whose columns are identified by position; 0: as many as the file has."},
		{"data.label", "", "the name of a column", "Column to predict; without it the label is found by its name, or because only one column can be it."},
		{"data.drop", "[]", "a list of names of columns", "Columns that are left out."},
		{"data.categories", "[]", "a list of names of columns", "Columns whose numbers are codes of categories."},
		{"data.missing", spec.MissingRefuse, "one of " + missingRules(), "What happens to cells without a value."},
		{"data.regression", "", "true or false", "Whether the label is a number to predict; without it the values decide."},
		{"data.schema", "", "the path of a file in YAML or JSON", "A schema or a task file that describes the rows. The node does not start with rows that do not fit it. A relative path begins at the home folder."},
		{"data.withhold", "false", "true or false", "Whether the number of rows is kept secret. Evaluators cannot keep it secret."},
		{"data.owner", "", "the path of a home folder", "Home folder of the account that owns the rows, with its ledger of privacy budgets; without it the node's own. A relative path begins at the home folder."},
		{"data.budget.epsilon", "", `a decimal above 0 in double quotes, such as "8"`, "How much privacy the rows may lose in all. With a budget the node registers its rows as a data set when it starts."},
		{"data.budget.delta", "1e-5", `a decimal above 0 and below 1 in double quotes, such as "1e-5"`, "Probability with which the loss may exceed epsilon."},
		{"data.budget.unit", cost.Client.String(), "one of " + words(cost.Units()), "What is protected."},
		{"data.budget.adjacency", cost.ZeroOut.String(), "one of " + words(cost.Adjacencies()), "How two neighbouring data sets differ in one unit."},
		{"warn_free", "2GiB", sizes(0, MaxWarnFree), "A warning is logged when less than this is free on the disk; 0B counts as the default."},
		{"disk.all", "32GiB", sizes(0, MaxDisk), "Disk space for blobs; 0B counts as the default, or as `disk.task` or `resources.storage` if one of them is larger."},
		{"disk.task", "a quarter of disk.all", sizes(0, MaxDisk), "Disk space for the blobs of one task; 0B counts as the default."},
		{"liar", "false", "true or false", "Makes an aggregator publish wrong models, to show what the network does about it."},
	}...)
	return list
}

// Validator lists the fields of validator.json.
func Validator() List {
	return List{
		{"chain", "", "the id of the chain, as its genesis has it", "The chain that the validator makes blocks of. A genesis with another id is refused."},
		{"name", "", "a name that a folder can have", "The validator's name for people."},
		{"p2p", "", "an address host:port such as 0.0.0.0:26656", "Where other validators reach it."},
		{"rpc", "", "an address host:port such as 127.0.0.1:26657", "Where nodes and clients ask it."},
		{"peers", "[]", `a list of other validators such as ["ID@host:port"]`, "Validators that it connects to. It finds no others by itself."},
		{"commit", "1s", fmt.Sprintf("a time with its unit above 0s and up to %s, such as 50ms", MaxPause), "Pause between two blocks. All validators of a chain should have the same."},
		{"gossip", "20ms", fmt.Sprintf("a time with its unit above 0s and up to %s, such as 20ms", MaxPause), "Pause between two checks of what a peer lacks. Shorter pauses make blocks faster and take more processor time."},
		{"index", "false", "true or false", "Whether it keeps an index of transactions. The index costs a seventh of its work and is never pruned."},
		{"log", "", "one of debug, info, warn, error", "Lowest level that is logged to standard error; without it nothing is logged."},
		{"warn_free", "2GiB", sizes(0, MaxWarnFree), "A warning is logged when less than this is free on the disk; 0B counts as the default."},
		{"cache", "64MiB", "0B, or " + sizes(MinCache, MaxCache), "Memory for the state; 0B counts as the default."},
		{"keep_blocks", "100000", fmt.Sprintf("0, or a whole number from %d to %d", MinKeep, MaxKeep), "Newest blocks that it keeps; 0: all. Blocks that can be evidence stay in any case."},
		{"keep_states", "10000", fmt.Sprintf("0, or a whole number from %d to %d", MinKeep, MaxKeep), "Newest heights whose state it can read; 0: all."},
		{"faucet.home", "", "the path of a folder with a key.json", "Folder of the account whose coins the validator gives to newcomers, at /faucet of its RPC address, which must be a loopback address. A relative path begins at the home folder."},
		{"faucet.amount_uthing", "", fmt.Sprintf("a whole number of uthing from 1 to %d", MaxHandout), "Coins for each newcomer, once: an account that has ever held a coin gets nothing."},
		{"faucet.per_hour", "", fmt.Sprintf("a whole number from 1 to %d", MaxHandouts), "Newcomers that get coins within one hour."},
	}
}

func resources(object, says string) (list List) {
	for _, r := range []struct{ name, unit, of string }{
		{"cpu", "cores", "Cores"},
		{"memory", "MiB", "Memory"},
		{"gpu", "devices", "GPUs"},
		{"storage", "MiB", "Disk space"},
		{"bandwidth", "kbit/s", "Bandwidth"},
	} {
		want := fmt.Sprintf("a whole number of %s from 0 to %d", r.unit, uint32(math.MaxUint32))
		list = append(list, Setting{object + "." + r.name, "0", want, r.of + " " + says})
	}
	return list
}

func sizes(least, most spec.Size) string {
	return fmt.Sprintf("a size from %s to %s, such as 10GiB", sizeText(least), sizeText(most))
}

// sizeText is a size as a file has it.
func sizeText(s spec.Size) string {
	b, err := s.MarshalText()
	if err != nil {
		return s.String()
	}
	return string(b)
}

func words[T fmt.Stringer](list []T) string {
	names := make([]string, len(list))
	for i, word := range list {
		names[i] = word.String()
	}
	return strings.Join(names, ", ")
}

func missingRules() string {
	var names []string
	for _, w := range spec.MissingRules() {
		names = append(names, w.Name)
	}
	return strings.Join(names, ", ")
}
