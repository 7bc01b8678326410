"""Reads members of class files out of jars, as JNI would find them (JVM Specification, chapter 4)."""

import struct
import zipfile

# Bytes after the tag of a constant: class, string, module, package and method type take 2, the others 4; two kinds 3 and 8.
CONSTANT_SIZE = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
UTF8, CLASS, TWO_ENTRIES = 1, 7, (5, 6)
ACC_STATIC = 0x0008


class ClassFile:
    """superclass, interfaces, and the access flags of fields and methods by (name, descriptor)."""

    def __init__(self, data):
        self.data, self.at = data, 10
        self.constants = self._constants(struct.unpack_from(">H", data, 8)[0])
        _, _, parent = self._read(">HHH")
        self.superclass = self._class_name(parent)
        self.interfaces = [self._class_name(number) for number in self._numbers()]
        self.fields, self.methods = self._members(), self._members()

    def _read(self, form):
        values = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return values

    def _numbers(self):
        count, = self._read(">H")
        return self._read(f">{count}H")

    def _constants(self, count):
        constants = {}
        number = 1
        while number < count:
            tag, = self._read(">B")
            if tag == UTF8:
                size, = self._read(">H")
                constants[number] = self.data[self.at : self.at + size].decode("utf-8", "replace")
                self.at += size
            else:
                if tag == CLASS:
                    constants[number], = struct.unpack_from(">H", self.data, self.at)
                self.at += CONSTANT_SIZE[tag]
            number += 2 if tag in TWO_ENTRIES else 1
        return constants

    def _class_name(self, number):
        return self.constants[self.constants[number]] if number else None

    def _members(self):
        members = {}
        for _ in range(self._read(">H")[0]):
            flags, name, descriptor, attributes = self._read(">HHHH")
            members[self.constants[name], self.constants[descriptor]] = flags
            for _ in range(attributes):
                _, size = self._read(">HI")
                self.at += size
        return members


class ClassPath:
    """The classes of some jars; of a class in two of them the first counts."""

    def __init__(self, jars):
        self.jars = list(jars)
        self._archives = [zipfile.ZipFile(jar) for jar in self.jars]
        self._where = {}
        for archive in self._archives:
            for entry in archive.namelist():
                self._where.setdefault(entry, archive)
        self._read = {}

    def close(self):
        for archive in self._archives:
            archive.close()

    def bytes_of(self, name):
        """None when no jar has the class."""
        entry = f"{name}.class"
        return self._where[entry].read(entry) if entry in self._where else None

    def class_file(self, name):
        if name not in self._read:
            data = self.bytes_of(name)
            self._read[name] = data and ClassFile(data)
        return self._read[name]

    def above(self, name):
        """The class itself and everything it extends or implements, as far as the jars have it."""
        found = self.class_file(name) if name else None
        if found is None:
            return
        yield name, found
        for parent in (found.superclass, *found.interfaces):
            yield from self.above(parent)

    def flags(self, name, member, descriptor):
        """Of the method, when the descriptor is one's, or the field, in the class or above it; None when there is none."""
        for _, found in self.above(name):
            members = found.methods if descriptor.startswith("(") else found.fields
            if (member, descriptor) in members:
                return members[member, descriptor]
        return None
