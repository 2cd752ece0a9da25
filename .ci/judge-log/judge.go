// Judges a public log by Go's own implementation (golang.org/x/mod/sumdb): the checkpoint's signature, tiles, entries,
// inclusion and consistency of every size, and proofs in files. Usage: judge <address of the log> <key> <proof>...
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func get(address, path string) []byte {
	answer, err := http.Get(address + "/" + path)
	must(err, path)
	defer answer.Body.Close()
	bytes, err := io.ReadAll(answer.Body)
	must(err, path)
	if answer.StatusCode != 200 {
		must(fmt.Errorf("status %d", answer.StatusCode), path)
	}
	return bytes
}

// A checkpoint whose signature holds.
func opened(text string, key note.Verifier) tlog.Tree {
	signed, err := note.Open([]byte(text), note.VerifierList(key))
	must(err, "the checkpoint")
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		must(fmt.Errorf("%q", lines), "the checkpoint")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err, "the size")
	root, err := tlog.ParseHash(lines[2])
	must(err, "the root")
	return tlog.Tree{N: size, Hash: root}
}

// Tiles where the specification has them: without the height in front.
type tiles struct{ address string }

func (tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		read = append(read, get(t.address, strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
	}
	return read, nil
}

func (tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func entries(address string, size int64) [][]byte {
	var found [][]byte
	for at := int64(0); at < size; at += 256 {
		path := strings.Replace(tlog.Tile{H: 8, L: 0, N: at / 256, W: int(min(size-at, 256))}.Path(), "tile/8/0/", "tile/entries/", 1)
		bundle := get(address, path)
		for len(bundle) > 0 {
			length := int(binary.BigEndian.Uint16(bundle))
			found = append(found, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
	}
	return found
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func judgeProof(file string, key note.Verifier) {
	text, err := os.ReadFile(file)
	must(err, file)
	head, checkpoint, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1" {
		must(fmt.Errorf("not a proof"), file)
	}
	entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
	must(err, file)
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
	must(err, file)
	var proof tlog.RecordProof
	for _, line := range lines[3:] {
		hash, err := tlog.ParseHash(line)
		must(err, file)
		proof = append(proof, hash)
	}
	tree := opened(checkpoint, key)
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)), file)
	entry[len(entry)/2] ^= 1
	if tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)) == nil {
		must(fmt.Errorf("an altered entry is proven"), file)
	}
}

func main() {
	address, written := os.Args[1], os.Args[2]
	key, err := note.NewVerifier(written)
	must(err, "the key")
	tree := opened(string(get(address, "checkpoint")), key)
	reader := tlog.TileHashReader(tree, tiles{address})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err, "the tiles")
	if root != tree.Hash {
		must(fmt.Errorf("%v", root), "the root of the tiles")
	}
	all := entries(address, tree.N)
	if int64(len(all)) != tree.N {
		must(fmt.Errorf("%d", len(all)), "the number of entries")
	}
	for index, entry := range all {
		proof, err := tlog.ProveRecord(tree.N, int64(index), reader)
		must(err, "a proof of inclusion")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), tlog.RecordHash(entry)), fmt.Sprint("entry ", index))
	}
	for size := int64(1); size <= tree.N; size++ {
		proof, err := tlog.ProveTree(tree.N, size, reader)
		must(err, "a proof of consistency")
		before, err := tlog.TreeHash(size, reader)
		must(err, "a root of before")
		must(tlog.CheckTree(proof, tree.N, tree.Hash, size, before), fmt.Sprint("size ", size))
	}
	for _, file := range os.Args[3:] {
		judgeProof(file, key)
	}
	fmt.Printf("sumdb/note and sumdb/tlog: checkpoint, tiles and %d entries hold; inclusion of each, consistency of each size; %d proofs\n",
		tree.N, len(os.Args)-3)
}
