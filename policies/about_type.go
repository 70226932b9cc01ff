package policies

const aMood = "CREATE TYPE mood AS ENUM ('sad', 'glad');"
