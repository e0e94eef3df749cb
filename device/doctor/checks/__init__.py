"""One check a file; ``device.doctor.table`` lists them."""
