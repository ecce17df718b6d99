package gemm_test

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// emulator runs functions of this package's assembly files on any machine. It knows the few
// instructions that tiles consist of, and the floats that they may access. It does not test
// the assembler, which translates the same text to machine code.
type emulator struct {
	code   [][]string     // an instruction and its operands
	labels map[string]int // where a label stands; functions are labels too
	form   *regexp.Regexp // of an operand in memory

	parameters map[int]uint64 // by offset
	memory     [8][]float32   // by the top of an address
	general    map[string]uint64
	vectors    map[string][]float32
	masks      map[string]uint64
	flags      int64 // the result that a jump looks at
}

// middle is the offset of a slice in its region of the address space.
const middle = 1 << 20

// region is the address of the first float of a slice of memory.
func region(i int) uint64 { return uint64(i)<<32 + middle }

const maskTable = 7 // the region of eight words of ones and eight of zeros

// assemble reads one assembly file.
func assemble(t *testing.T, file string) *emulator {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	e := &emulator{labels: map[string]int{}, form: regexp.MustCompile(`^(-?\d*)\((\w+)\)(?:\((\w+)\*(\d)\))?$`)}
	name := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "DATA") || strings.HasPrefix(line, "GLOBL"):
		case strings.HasPrefix(line, "TEXT"):
			name = line[strings.Index(line, "·")+len("·") : strings.Index(line, "(SB)")]
			e.labels[name] = len(e.code)
		case strings.HasSuffix(line, ":"):
			e.labels[name+" "+strings.TrimSuffix(line, ":")] = len(e.code)
		default:
			op, rest, _ := strings.Cut(line, " ")
			instruction := []string{op}
			for operand := range strings.SplitSeq(rest, ",") {
				if operand = strings.TrimSpace(operand); operand != "" {
					instruction = append(instruction, operand)
				}
			}
			e.code = append(e.code, instruction)
		}
	}
	return e
}

// call runs a function. Each parameter has eight bytes.
func (e *emulator) call(name string, parameters ...uint64) error {
	at, ok := e.labels[name]
	if !ok {
		return fmt.Errorf("no function %s", name)
	}
	e.parameters, e.general, e.vectors, e.masks = map[int]uint64{}, map[string]uint64{}, map[string][]float32{}, map[string]uint64{}
	for i, p := range parameters {
		e.parameters[8*i] = p
	}
	e.memory[maskTable] = make([]float32, 16)
	for i := range 8 {
		e.memory[maskTable][i] = math.Float32frombits(0xffffffff)
	}
	for {
		instruction := e.code[at]
		at++
		if instruction[0] == "RET" {
			return nil
		}
		to, err := e.step(instruction[0], instruction[1:])
		if err != nil {
			return fmt.Errorf("%s, %v: %w", name, instruction, err)
		}
		if to != "" {
			at = e.labels[name+" "+to]
		}
	}
}

// step runs one instruction and returns the label that it jumps to, if any.
func (e *emulator) step(op string, x []string) (label string, err error) {
	jump := func(yes bool) (string, error) {
		if yes {
			return x[0], nil
		}
		return "", nil
	}
	last := ""
	if len(x) > 0 {
		last = x[len(x)-1]
	}
	set := func(v uint64) {
		e.general[last] = v
		e.flags = int64(v)
	}
	switch op {
	case "JMP":
		return jump(true)
	case "JE", "JEQ":
		return jump(e.flags == 0)
	case "JNE":
		return jump(e.flags != 0)
	case "JLT":
		return jump(e.flags < 0)
	case "JLE":
		return jump(e.flags <= 0)
	case "MOVQ":
		e.general[last] = e.value(x[0])
	case "MOVLQSX":
		p, err := e.float(e.address(x[0]))
		if err != nil {
			return "", err
		}
		e.general[last] = uint64(int32(math.Float32bits(*p)))
	case "LEAQ":
		e.general[last] = e.address(x[0])
	case "ADDQ":
		set(e.general[last] + e.value(x[0]))
	case "SUBQ":
		set(e.general[last] - e.value(x[0]))
	case "NEGQ":
		set(-e.general[last])
	case "DECQ":
		set(e.general[last] - 1)
	case "SHLQ":
		set(e.general[last] << (e.value(x[0]) & 63))
	case "SHRQ":
		set(e.general[last] >> (e.value(x[0]) & 63))
	case "CMPQ", "CMPB":
		e.flags = int64(e.value(x[0]) - e.value(x[1]))
	case "TESTQ":
		e.flags = int64(e.value(x[0]) & e.value(x[1]))
	case "KMOVW":
		e.masks[last] = e.value(x[0]) & 0xffff
	case "VZEROUPPER":
	default:
		return "", e.vector(op, x)
	}
	return "", nil
}

// vector runs one vector instruction.
func (e *emulator) vector(op string, x []string) error {
	to := x[len(x)-1]
	switch op {
	case "VXORPS", "VPXORD":
		if x[0] != to || x[1] != to {
			return fmt.Errorf("clears nothing")
		}
		e.vectors[to] = make([]float32, lanesOf(to))
	case "VBROADCASTSS":
		p, err := e.float(e.address(x[0]))
		if err != nil {
			return err
		}
		v := make([]float32, lanesOf(to))
		for i := range v {
			v[i] = *p
		}
		e.vectors[to] = v
	case "VMOVUPS", "VMOVUPS.Z", "VMASKMOVPS":
		return e.move(x)
	case "VMULPS", "VADDPS", "VFMADD231PS":
		v := make([]float32, lanesOf(to))
		for i := range v {
			a, b := e.vectors[x[0]][i], e.vectors[x[1]][i]
			switch op {
			case "VMULPS":
				v[i] = float32(a * b)
			case "VADDPS":
				v[i] = a + b
			default:
				v[i] = oneRounding(e.vectors[to][i], a, b)
			}
		}
		e.vectors[to] = v
	default:
		return fmt.Errorf("unknown instruction")
	}
	return nil
}

// move loads or stores a vector. A mask may select lanes; other lanes are not accessed in
// memory and become 0 in a register.
func (e *emulator) move(x []string) error {
	from, to := x[0], x[len(x)-1]
	load := strings.Contains(from, "(")
	if mask := x[1]; len(x) == 3 && !load && strings.Contains(mask, "(") {
		return fmt.Errorf("a mask in memory")
	}
	chosen := func(int) bool { return true }
	if len(x) == 3 {
		mask := x[1]
		chosen = func(i int) bool {
			if v, ok := e.vectors[mask]; ok {
				return int32(math.Float32bits(v[i])) < 0
			}
			return e.masks[mask]>>i&1 == 1
		}
	}
	register, memory := from, to
	if load {
		register, memory = to, from
		e.vectors[to] = make([]float32, lanesOf(to))
	}
	for i := range lanesOf(register) {
		if !chosen(i) {
			continue
		}
		p, err := e.float(e.address(memory) + uint64(4*i))
		switch {
		case err != nil:
			return err
		case load:
			e.vectors[register][i] = *p
		default:
			*p = e.vectors[register][i]
		}
	}
	return nil
}

func lanesOf(register string) int {
	if register[0] == 'Z' {
		return 16
	}
	return 8
}

// value is the value of a register, an immediate or a parameter.
func (e *emulator) value(x string) uint64 {
	switch {
	case x[0] == '$':
		v, err := strconv.ParseUint(x[1:], 0, 64)
		if err != nil {
			panic(err)
		}
		return v
	case strings.HasSuffix(x, "(FP)"):
		offset, err := strconv.Atoi(x[strings.Index(x, "+")+1 : strings.Index(x, "(")])
		if err != nil {
			panic(err)
		}
		return e.parameters[offset]
	case x == "CL":
		return e.general["CX"] & 0xff
	}
	return e.general[x]
}

// address is the address of an operand in memory, such as 32(AX)(SI*4).
func (e *emulator) address(x string) uint64 {
	if strings.HasPrefix(x, "masks<>") {
		return region(maskTable)
	}
	parts := e.form.FindStringSubmatch(x)
	displacement, _ := strconv.Atoi(parts[1])
	scale, _ := strconv.Atoi(parts[4])
	return e.general[parts[2]] + e.general[parts[3]]*uint64(scale) + uint64(displacement)
}

// float is the float at an address, or an error if the function may not access it.
func (e *emulator) float(address uint64) (*float32, error) {
	i, offset := int(address>>32), int64(address&0xffffffff)-middle
	if i >= len(e.memory) || offset%4 != 0 || offset < 0 || offset/4 >= int64(len(e.memory[i])) {
		return nil, fmt.Errorf("access to float %d of region %d, which has %d", offset/4, i, len(e.memory[min(i, len(e.memory)-1)]))
	}
	return &e.memory[i][offset/4], nil
}
