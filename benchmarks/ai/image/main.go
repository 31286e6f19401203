// The workload of the scenarios: a web server that can be made to behave badly by its arguments.
//
// It is static and needs no other file, so that it makes an image of its own.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// version is what the image is tagged with; set when it is linked.
var version = "0"

type many []string

func (m *many) String() string     { return strings.Join(*m, ",") }
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

type options struct {
	port, hog, exit, uid            int
	health, say, call, write, page  string
	delay, after                    time.Duration
	needEnv, needFile, connect, ask many
}

func parse() *options {
	o := &options{}
	flag.IntVar(&o.port, "port", 8080, "where it listens; 0 listens nowhere")
	flag.StringVar(&o.health, "health", "/healthz", "the path that answers 200 when all is well")
	flag.StringVar(&o.page, "page", "", "what / answers; by default the version")
	flag.StringVar(&o.say, "say", "", "a line to log")
	flag.StringVar(&o.call, "call", "", "a path of the Kubernetes API that must be readable")
	flag.StringVar(&o.write, "write", "", "a file that must be writable")
	flag.DurationVar(&o.delay, "delay", 0, "how long it takes to start")
	flag.DurationVar(&o.after, "after", 0, "how long it lives before -exit; 0 is for ever")
	flag.IntVar(&o.exit, "exit", -1, "the code to end with, after -after")
	flag.IntVar(&o.hog, "hog", 0, "megabytes of memory to hold")
	flag.IntVar(&o.uid, "uid", -1, "the user that it insists on")
	flag.Var(&o.needEnv, "need-env", "a variable that must be set; may be repeated")
	flag.Var(&o.needFile, "need-file", "a file that must be there; may be repeated")
	flag.Var(&o.connect, "connect", "an address that must accept connections; may be repeated")
	flag.Var(&o.ask, "ask", "a page that must answer 200; may be repeated")
	flag.Parse()
	return o
}

func main() {
	log.SetFlags(0)
	o := parse()
	log.Printf("scenario version %s starting", version)
	if o.say != "" {
		log.Print(o.say)
	}
	require(o)
	time.Sleep(o.delay)
	if o.exit >= 0 {
		time.Sleep(o.after)
		log.Printf("done, exit code %d", o.exit)
		os.Exit(o.exit)
	}
	held := hog(o.hog)
	serve(o)
	_ = held
}

// require ends the program with a message when something that it needs is not there.
func require(o *options) {
	for _, name := range o.needEnv {
		if os.Getenv(name) == "" {
			log.Fatalf("fatal: required environment variable %s is not set", name)
		}
	}
	for _, name := range o.needFile {
		if _, err := os.ReadFile(name); err != nil {
			log.Fatalf("fatal: cannot read configuration: %v", err)
		}
	}
	if o.uid >= 0 && os.Getuid() != o.uid {
		log.Fatalf("fatal: must run as user %d, not as %d", o.uid, os.Getuid())
	}
	if o.write != "" {
		if err := os.WriteFile(o.write, []byte("x"), 0o600); err != nil {
			log.Fatalf("fatal: cannot write: %v", err)
		}
	}
	for _, address := range o.connect {
		connection, err := net.DialTimeout("tcp", address, 2*time.Second)
		if err != nil {
			log.Fatalf("fatal: cannot connect to %s: %v", address, err)
		}
		connection.Close()
	}
	for _, address := range o.ask {
		ask(address)
	}
	if o.call != "" {
		call(o.call)
	}
}

func ask(address string) {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get(address)
	if err != nil {
		log.Fatalf("fatal: %v", err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		log.Fatalf("fatal: %s answers %s", address, answer.Status)
	}
}

// hog holds so many megabytes, touched, so that they count.
func hog(megabytes int) []byte {
	held := make([]byte, megabytes<<20)
	for i := 0; i < len(held); i += 4096 {
		held[i] = 1
	}
	return held
}

func serve(o *options) {
	if o.port == 0 {
		select {}
	}
	mux := http.NewServeMux()
	page := o.page
	if page == "" {
		page = "version " + version
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, page) })
	mux.HandleFunc("/version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, version) })
	mux.HandleFunc("/env", environment)
	mux.HandleFunc("/file", file)
	mux.HandleFunc(o.health, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	log.Printf("listening on port %d, health at %s", o.port, o.health)
	log.Fatal(http.ListenAndServe(fmt.Sprintf(":%d", o.port), mux))
}

func environment(w http.ResponseWriter, _ *http.Request) {
	json.NewEncoder(w).Encode(os.Environ())
}

func file(w http.ResponseWriter, r *http.Request) {
	content, err := os.ReadFile(r.URL.Query().Get("path"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Write(content)
}
