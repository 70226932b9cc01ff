package daemon

import (
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// The roles of persons, from the least. Everybody who can open the socket is a viewer; an admin is everything.
const (
	RoleViewer   = "viewer"
	RoleOperator = "operator"
	RoleDBA      = "dba"
	RoleAdmin    = "admin"
)

// Access says who is who on the unix socket: lists of "uid:NAME-OR-NUMBER" and "gid:NAME-OR-NUMBER".
type Access struct {
	Admin    []string
	DBA      []string
	Operator []string
}

// Peer is the process at the other end of the unix socket.
type Peer struct {
	UID int
	GID int
}

// Person is who asks: a name for the record, and roles.
type Person struct {
	Name  string
	Roles []string
}

// May reports whether the person has a role, or is an admin.
func (p Person) May(role string) bool {
	return slices.Contains(p.Roles, role) || slices.Contains(p.Roles, RoleAdmin)
}

// Who looks up a peer's name and groups, and gives it its roles. What cannot be looked up gives no role.
func (a Access) Who(peer Peer) Person {
	uid, gid := strconv.Itoa(peer.UID), strconv.Itoa(peer.GID)
	person := Person{Name: "uid:" + uid, Roles: []string{RoleViewer}}
	is := []string{"uid:" + uid, "gid:" + gid}
	groups := []string{gid}
	if u, err := user.LookupId(uid); err == nil {
		person.Name = u.Username
		is = append(is, "uid:"+u.Username)
		if more, err := u.GroupIds(); err == nil {
			groups = append(groups, more...)
		}
	}
	for _, id := range groups {
		is = append(is, "gid:"+id)
		if g, err := user.LookupGroupId(id); err == nil {
			is = append(is, "gid:"+g.Name)
		}
	}
	for _, role := range []struct {
		name string
		list []string
	}{{RoleOperator, a.Operator}, {RoleDBA, a.DBA}, {RoleAdmin, a.Admin}} {
		if slices.ContainsFunc(role.list, func(entry string) bool { return slices.Contains(is, entry) }) {
			person.Roles = append(person.Roles, role.name)
		}
	}
	return person
}

// CheckAccess tells what is wrong with an entry of an access list.
func CheckAccess(entry string) error {
	kind, name, ok := strings.Cut(entry, ":")
	if !ok || name == "" || kind != "uid" && kind != "gid" {
		return fmt.Errorf("%q is not uid:NAME or gid:NAME; write for example gid:ops or uid:0", entry)
	}
	return nil
}
