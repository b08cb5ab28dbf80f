// Reassembles the TCP streams of a capture with gopacket, and counts their bytes: what a program that looks into streams
// pays before it looks at anything.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"github.com/google/gopacket/pcapgo"
	"github.com/google/gopacket/reassembly"
)

// stream is one TCP connection.
type stream struct{ total *factory }

func (s *stream) Accept(_ *layers.TCP, _ gopacket.CaptureInfo, _ reassembly.TCPFlowDirection,
	_ reassembly.Sequence, start *bool, _ reassembly.AssemblerContext) bool {
	// As wsclose does: a connection that began before the capture is read from where it is seen.
	*start = true
	return true
}

func (s *stream) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	length, _ := sg.Lengths()
	s.total.bytes += len(sg.Fetch(length))
}

func (s *stream) ReassemblyComplete(_ reassembly.AssemblerContext) bool {
	return true
}

// factory makes the streams, and has what they count together.
type factory struct{ bytes int }

func (f *factory) New(_, _ gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	return &stream{total: f}
}

// context tells the assembler when a packet came.
type context struct{ info gopacket.CaptureInfo }

func (c *context) GetCaptureInfo() gopacket.CaptureInfo { return c.info }

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "reassembly: give one capture")
		os.Exit(64)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "reassembly:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	reader, err := pcapgo.NewReader(bufio.NewReaderSize(file, 256<<10))
	if err != nil {
		return err
	}
	streams := &factory{}
	assembler := reassembly.NewAssembler(reassembly.NewStreamPool(streams))
	// A hole is given up behind so many pages of 1,900 bytes: without a limit lost packets keep their streams forever.
	assembler.MaxBufferedPagesPerConnection = 2048

	var ethernet layers.Ethernet
	var ip layers.IPv4
	var tcp layers.TCP
	var payload gopacket.Payload
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &ethernet, &ip, &tcp, &payload)
	parser.IgnoreUnsupported = true
	var decoded []gopacket.LayerType
	var at context
	for {
		data, info, err := reader.ZeroCopyReadPacketData()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if parser.DecodeLayers(data, &decoded) != nil || len(decoded) < 3 || decoded[2] != layers.LayerTypeTCP {
			continue
		}
		at.info = info
		assembler.AssembleWithContext(ip.NetworkFlow(), &tcp, &at)
	}
	assembler.FlushAll()
	fmt.Printf("%d bytes\n", streams.bytes)
	return nil
}
