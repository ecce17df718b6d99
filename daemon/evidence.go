package daemon

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/althing-network/althing/chain"
	"github.com/althing-network/althing/client"
)

// EvidenceDir is the folder in a validator's home for evidence of nodes that contradicted
// themselves: files that `althing node accuse` reads.
const EvidenceDir = "evidence"

// maxEvidence bounds the files in that folder, so that a liar cannot fill the disk.
const maxEvidence = 256

// noteContradiction saves and logs the transactions in which an account contradicted itself.
// It accuses nobody: an accusation costs a fee, and a person decides.
func noteContradiction(log *slog.Logger, home string, c chain.Contradiction) {
	path, err := writeEvidence(filepath.Join(home, EvidenceDir), c)
	if err != nil {
		log.Warn("a node contradicted itself", slog.Uint64("task", c.Task), slog.String("owner", c.Owner), slog.Any("err", err))
		return
	}
	log.Warn("a node contradicted itself", slog.Uint64("task", c.Task), slog.String("owner", c.Owner), slog.String("evidence", path), slog.String("accuse_with", "althing node accuse "+path+" --home DIR"))
}

func writeEvidence(dir string, c chain.Contradiction) (path string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	if len(files) >= maxEvidence {
		return "", fmt.Errorf("%s has %d files of evidence: no more are saved", dir, len(files))
	}
	b, err := json.Marshal(client.Evidence{Task: c.Task, Answers: &client.Answers{First: c.First, Second: c.Second}})
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, fmt.Sprintf("task-%d-%d.json", c.Task, len(files)+1))
	return path, writeFile(path, append(b, '\n'))
}
