#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>

static char *name = "world";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "whom to greet");

static int __init hello_init(void)
{
	pr_info("Hello, %s\n", name);
	return 0;
}

static void __exit hello_exit(void)
{
	pr_info("Goodbye, %s\n", name);
}

module_init(hello_init);
module_exit(hello_exit);

MODULE_DESCRIPTION("A greeting in the kernel's log");
MODULE_LICENSE("GPL");
