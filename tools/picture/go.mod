module github.com/althing-network/althing/tools/picture

go 1.26.5
